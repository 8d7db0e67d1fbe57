import type { Digest } from "@tranship/core";
import { atOnce } from "../concurrency/at-once.ts";
import type { Deletion } from "./deletion.ts";
import type { Inventory, InventoryManifest } from "./inventory.ts";
import type { SecondLook } from "./look-again.ts";
import { type PlannedDeletions, planDeletions } from "./plan-deletions.ts";

/**
 * How often a repository is looked at again while it is deleted from, besides once for each wave. A
 * picture is good for an eighth of the deletions.
 */
const LOOKS = 8;

/**
 * How one deletion went.
 * - kept: not deleted, since the repository has changed after it was planned; `why` says how.
 * - left: not tried, since `because`, which could not be deleted, needs it.
 */
export type DeletionOutcome<Reason extends string = string> =
  | { readonly deletion: Deletion<Reason>; readonly outcome: "deleted" }
  | { readonly deletion: Deletion<Reason>; readonly outcome: "kept"; readonly why: string }
  | { readonly deletion: Deletion<Reason>; readonly outcome: "failed"; readonly error: unknown }
  | { readonly deletion: Deletion<Reason>; readonly outcome: "left"; readonly because: Digest };

/** What is there, and how it is deleted. */
export interface ExecuteDeletionsOptions {
  readonly inventory: Inventory;
  /** Deletes a manifest with its tags. */
  readonly remove: (manifest: InventoryManifest) => Promise<void>;
  /**
   * Looks at the repository again, before each wave and before each eighth of the deletions.
   * Default: the inventory is believed, which is for what nobody else writes to.
   */
  readonly look?: ((inventory: Inventory, deletedTags: ReadonlySet<string>) => Promise<SecondLook>) | undefined;
  /**
   * What a tag or digest points to now, asked right before the manifest is deleted; undefined where
   * it is gone. Default: it is not asked.
   */
  readonly resolve?: ((reference: string) => Promise<Digest | undefined>) | undefined;
  readonly signal: AbortSignal;
}

/**
 * Deletes what is planned, wave by wave, some at once. Before each wave, and before each eighth of
 * the deletions, the repository is looked at again: what gained or lost a tag stays, with all that
 * it needs. Right before a manifest is deleted each of its tags is resolved. Where one cannot be
 * deleted, what it lists and what is about it stays with it, and the rest is done.
 * Requests: those of `look`, up to 8 times and once more for each wave; 1 for each tag, and those
 * of `remove`.
 * @throws `signal.reason` when aborted, after those under way have ended; what the first `look`
 * throws: nothing is deleted then.
 */
export async function executeDeletions<Reason extends string>(
  waves: readonly (readonly Deletion<Reason>[])[],
  options: ExecuteDeletionsOptions,
): Promise<readonly DeletionOutcome<Reason>[]> {
  const { signal, look = unchanged } = options;
  const open = new Map(waves.flat().map((deletion) => [deletion.manifest.digest, deletion]));
  const atMost = options.look === undefined ? open.size : Math.ceil(open.size / LOOKS);
  const outcomes: DeletionOutcome<Reason>[] = [];
  const failed = new Set<Digest>();
  /** Why manifests were kept. */
  const whys = new Map<Digest, string>();
  /** Tags that went with their manifests: a list may lag behind. */
  const deletedTags = new Set<string>();
  const end = (outcome: DeletionOutcome<Reason>): void => {
    const { digest } = outcome.deletion.manifest;
    outcomes.push(outcome);
    open.delete(digest);
    if (outcome.outcome === "failed") failed.add(digest);
    if (outcome.outcome === "kept") whys.set(digest, outcome.why);
  };
  let { inventory } = options;
  while (open.size > 0) {
    signal.throwIfAborted();
    let second: SecondLook;
    try {
      second = await look(inventory, deletedTags);
    } catch (error) {
      signal.throwIfAborted();
      if (outcomes.length === 0) throw error;
      for (const outcome of failedTogether([...open.values()], error)) end(outcome);
      break;
    }
    const plan = planAgain(open, second);
    const kept = whatStays(open, plan).map((deletion) => whyStays(deletion, plan, { second, failed, whys }));
    const stayed = await atOnce(kept, (one) => unlessGone(one, options));
    for (const outcome of stayed) end(outcome);
    const wave = (plan.waves[0] ?? []).slice(0, atMost);
    const ended = await atOnce(wave, async ({ manifest }) => {
      signal.throwIfAborted();
      // The deletion as it was planned; the manifest with the tags that it has now.
      const deletion = { ...(open.get(manifest.digest) as Deletion<Reason>), manifest };
      return removeUnlessMoved(deletion, options);
    });
    for (const outcome of ended) end(outcome);
    const gone = [...stayed, ...ended].filter(({ outcome }) => outcome === "deleted");
    const digests = new Set(gone.map(({ deletion }) => deletion.manifest.digest));
    for (const { deletion } of gone) for (const tag of deletion.manifest.tags) deletedTags.add(tag);
    inventory = second.inventory.filter(({ digest }) => !digests.has(digest));
  }
  return outcomes;
}

type Open<Reason extends string> = ReadonlyMap<Digest, Deletion<Reason>>;

/**
 * What of the open deletions can still be made: whatever else is there stays, and what has changed.
 */
function planAgain<Reason extends string>(
  open: Open<Reason>,
  { inventory, changed }: SecondLook,
): PlannedDeletions<string> {
  const doomed = new Map([...open].map(([digest, { reason }]) => [digest, reason as string]));
  return planDeletions(inventory, {
    doomed,
    isKept: (digest) => !open.has(digest) || changed.has(digest),
    unlock: true,
  });
}

function whatStays<Reason extends string>(
  open: Open<Reason>,
  { waves }: PlannedDeletions<string>,
): readonly Deletion<Reason>[] {
  const going = new Set(waves.flat().map(({ manifest }) => manifest.digest));
  return [...open.values()].filter(({ manifest }) => !going.has(manifest.digest));
}

/** What keeps a manifest: its own change, or what needs it, which failed or has changed. */
function whyStays<Reason extends string>(
  deletion: Deletion<Reason>,
  { staying }: PlannedDeletions<string>,
  {
    second: { inventory, changed },
    failed,
    whys,
  }: {
    readonly second: SecondLook;
    readonly failed: ReadonlySet<Digest>;
    readonly whys: ReadonlyMap<Digest, string>;
  },
): DeletionOutcome<Reason> {
  const { digest } = deletion.manifest;
  const own = changed.get(digest);
  if (own !== undefined) return { deletion, outcome: "kept", why: own };
  let root = digest;
  for (let by = staying.get(root); by !== undefined; by = staying.get(root)) root = by;
  if (failed.has(root)) return { deletion, outcome: "left", because: root };
  const tag = inventory.find((manifest) => manifest.digest === root)?.tags[0];
  const name = tag === undefined ? root : `${JSON.stringify(tag)} (${root})`;
  const detail = changed.get(root) ?? whys.get(root);
  return { deletion, outcome: "kept", why: `${name} needs it${detail === undefined ? "" : `: ${detail}`}` };
}

/**
 * Somebody else, or the registry with its subject, may have deleted the manifest itself: then it is
 * gone, as planned.
 */
async function unlessGone<Reason extends string>(
  outcome: DeletionOutcome<Reason>,
  { resolve }: ExecuteDeletionsOptions,
): Promise<DeletionOutcome<Reason>> {
  if (outcome.outcome !== "kept" || resolve === undefined) return outcome;
  const { deletion } = outcome;
  const { digest } = deletion.manifest;
  return (await resolve(digest).catch(() => digest)) === undefined ? { deletion, outcome: "deleted" } : outcome;
}

async function removeUnlessMoved<Reason extends string>(
  deletion: Deletion<Reason>,
  options: ExecuteDeletionsOptions,
): Promise<DeletionOutcome<Reason>> {
  const { remove, resolve, signal } = options;
  const { digest, tags } = deletion.manifest;
  try {
    if (resolve !== undefined) {
      const now = await Promise.all(tags.map(async (tag) => ({ tag, digest: await resolve(tag) })));
      const moved = now.find((one) => one.digest !== digest);
      signal.throwIfAborted();
      if (moved !== undefined) return unlessGone({ deletion, outcome: "kept", why: whyMoved(moved) }, options);
    }
    await remove(deletion.manifest);
    return { deletion, outcome: "deleted" };
  } catch (error) {
    signal.throwIfAborted();
    return { deletion, outcome: "failed", error };
  }
}

function whyMoved({ tag, digest }: { readonly tag: string; readonly digest: Digest | undefined }): string {
  const name = JSON.stringify(tag);
  return digest === undefined ? `its tag ${name} was deleted meanwhile` : `its tag ${name} was moved to ${digest}`;
}

/** The repository cannot be looked at any more: the error is reported once. */
function failedTogether<Reason extends string>(
  deletions: readonly Deletion<Reason>[],
  error: unknown,
): readonly DeletionOutcome<Reason>[] {
  const [first, ...rest] = deletions;
  if (first === undefined) return [];
  const because = first.manifest.digest;
  return [
    { deletion: first, outcome: "failed", error },
    ...rest.map((deletion) => ({ deletion, outcome: "left", because }) as const),
  ];
}

async function unchanged(inventory: Inventory): Promise<SecondLook> {
  return { inventory, changed: new Map() };
}
