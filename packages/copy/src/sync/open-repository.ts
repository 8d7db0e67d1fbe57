import type { CallOptions, Digest, ListedTag, OwnedTag, Source } from "@tranship/core";
import { cosignSubject, isDigestTag } from "../copy/digest-tags.ts";
import { failureRecord } from "../events/failure-record.ts";
import { readInventory } from "../inventory/read-inventory.ts";
import type { CopyRun } from "../run/run.ts";
import type { Unresolved } from "./file/sync-plan.ts";
import { type Listing, readListing, readTargetListing, type TargetListing } from "./listing.ts";
import { MissingTagLooks } from "./missing-tag-looks.ts";
import type { Ownership } from "./prune/ownership.ts";
import { TargetContent } from "./prune/target-content.ts";
import { isReadable, type SyncStore } from "./sync-job.ts";
import type { SyncRepository, SyncStores, SyncTarget } from "./sync-repository.ts";

/** A target with what its list says. */
export interface OpenTarget {
  readonly spec: SyncTarget;
  readonly store: SyncStore;
  /** Undefined where it was not listed. */
  readonly listing: Listing | undefined;
  /** Manifests that are known to be there. */
  readonly present: Set<Digest>;
  /** Undefined where it can't be read, or was not listed. */
  readonly content: TargetContent | undefined;
  /**
   * The tags there that are recorded as the mirror's own; read once, and only where it is asked
   * for.
   */
  readonly records: () => Promise<ReadonlyMap<string, OwnedTag>>;
}

/** A repository of a mirror, looked at: what there is, and what was chosen. */
export interface OpenRepository {
  readonly spec: SyncRepository;
  /** By identity: which repository of a mirror it is. */
  readonly owner: object;
  readonly source: Source;
  /** The source's tags; undefined where tags were given by name. */
  readonly listing: Listing | undefined;
  readonly targets: readonly OpenTarget[];
  readonly tags: readonly string[];
  /** Those that never move. */
  readonly immutable: ReadonlySet<string>;
  /** Digest tags of the source, where it was listed. */
  readonly digestTags: readonly string[];
  readonly unresolved: readonly Unresolved[];
  readonly notices: readonly string[];
  /** Why the source's list may lack tags that there are. */
  readonly incomplete: string | undefined;
  /** Looks again at tags of the source that are listed and have no manifest; undefined where it was not listed. */
  readonly missing: MissingTagLooks | undefined;
  /** What of it could not be planned: targets, or where it is the source's fault its own name. */
  readonly failed: Set<string>;
  /** Targets that are not there, as far as lists say it. */
  readonly create: readonly string[];
  /** Manifests of the images that were planned: what cosign's tags follow. */
  readonly subjects: Set<Digest>;
  /** The plannings of its tags that are under way: who needs to know all waits for them. */
  readonly pending: Set<Promise<unknown>>;
}

/** Whether something may be deleted at its targets. */
export function isPruned({ spec }: OpenRepository): boolean {
  return spec.targets.some(({ prune }) => prune !== undefined);
}

/** All tags of the source; undefined where it was not listed, or its list may lack some. */
export function sourceTags({ listing, incomplete }: OpenRepository): ReadonlyMap<string, ListedTag> | undefined {
  return incomplete === undefined ? listing?.all : undefined;
}

/** What a source's tag is called at a target. @throws {SyntaxError} where that is no tag. */
export function targetTagOf({ spec }: Pick<OpenTarget, "spec">, tag: string): string {
  return spec.tagOf?.(tag) ?? tag;
}

export interface OpenOptions {
  readonly run: CopyRun;
  readonly call: CallOptions & { readonly signal: AbortSignal };
  /** Where it is recorded what mirrors own. Default: nowhere. */
  readonly ownership?: Ownership | undefined;
}

/**
 * Opens a repository and its targets, and chooses the tags. Where tags are given by name nothing is listed, at neither side.
 * Requests: the pages of the source's list and of each target's. A target that fails leaves the others alone.
 * @throws what the source's list or the choice failed with.
 */
export async function openRepository(
  spec: SyncRepository,
  stores: SyncStores,
  { run, call, ownership }: OpenOptions,
): Promise<OpenRepository> {
  const source = await stores.source(spec.from);
  const { mirror, from } = spec;
  const isNamed = typeof spec.tags !== "function";
  const unresolved: Unresolved[] = [];
  const targetsListed = Promise.all(
    spec.targets.map(async (target) => {
      try {
        const store = await stores.target(target.to);
        const listed: TargetListing = isNamed
          ? { exists: true, tags: undefined }
          : await readTargetListing(store, run, call);
        return { spec: target, store, listed };
      } catch (error) {
        call.signal.throwIfAborted();
        unresolved.push({ mirror, from, to: target.to, error: failureRecord(error) });
        return undefined;
      }
    }),
  );
  const [chosen, opened] = await Promise.all([choose(spec, source, { run, call }), targetsListed]);
  const targets = opened.filter((target) => target !== undefined);
  const notices = [...chosen.notices];
  if (chosen.listing?.doubt !== undefined)
    unresolved.push({ mirror, from, error: failureRecord(chosen.listing.doubt) });
  for (const {
    spec: { to, prune },
    listed: { tags },
  } of targets) {
    if (tags?.doubt === undefined) continue;
    // What is missing in the list is asked for, so that only a deletion is in doubt.
    if (prune === undefined) notices.push(`${tags.doubt.message}; each tag is looked up`);
    else unresolved.push({ mirror, from, to, error: failureRecord(tags.doubt) });
  }
  return {
    spec,
    owner: spec,
    source,
    listing: chosen.listing,
    targets: targets.map(({ spec: target, store, listed }) => ({
      spec: target,
      store,
      listing: listed.tags,
      present: new Set(listed.tags?.tags.flatMap(({ digest }) => digest ?? [])),
      content: listed.tags === undefined ? undefined : contentOf(store, listed.tags, call),
      records: once(async () => (await ownership?.of({ from, to: target.to })) ?? new Map()),
    })),
    tags: chosen.tags,
    immutable: spec.immutable?.(chosen.tags) ?? new Set(),
    digestTags: chosen.digestTags,
    unresolved,
    notices,
    incomplete: chosen.incomplete,
    missing: chosen.listing && new MissingTagLooks(source, call),
    failed: new Set(),
    // Where there is nothing to copy nobody pushes.
    create: chosen.tags.length === 0 ? [] : targets.flatMap(({ spec: { to }, listed }) => (listed.exists ? [] : [to])),
    subjects: new Set(),
    pending: new Set(),
  };
}

interface Choice {
  readonly listing: Listing | undefined;
  readonly tags: readonly string[];
  readonly digestTags: readonly string[];
  readonly notices: readonly string[];
  readonly incomplete?: string | undefined;
}

async function choose(spec: SyncRepository, source: Source, { run, call }: OpenOptions): Promise<Choice> {
  if (typeof spec.tags !== "function")
    return { listing: undefined, tags: [...new Set(spec.tags)], digestTags: [], notices: [] };
  const listing = await readListing(source, run, call);
  const tags = listing.tags.filter(({ name }) => !isDigestTag(name));
  const digestTags = listing.tags.map(({ name }) => name).filter(isDigestTag);
  const { tags: chosen, seen = [], notices = [], incomplete } = await spec.tags(tags, source, call);
  return {
    listing: listing.with(seen),
    tags: [...new Set(chosen)],
    digestTags,
    notices: [...notices, ...leftBehind(spec, digestTags)],
    incomplete: listing.doubt?.message ?? incomplete,
  };
}

/** Digest tags that the mirror does not take, by who wrote them: their absence is seen only when something is verified by them. */
function leftBehind({ from, referrers, cosignTags }: SyncRepository, digestTags: readonly string[]): readonly string[] {
  const ofCosign = digestTags.filter((tag) => cosignSubject(tag) !== undefined).length;
  const others = digestTags.length - ofCosign;
  return [
    ...(ofCosign > 0 && cosignTags !== true
      ? [`${from}: ${ofCosign} of cosign's tags (sha256-….sig, .att, .sbom) are not copied: "cosignTags" takes them`]
      : []),
    ...(others > 0 && referrers !== true
      ? [
          `${from}: ${others === 1 ? "1 tag that lists referrers (sha256-…) is" : `${others} tags that list referrers (sha256-…) are`} not copied: "referrers" takes what is listed there`,
        ]
      : []),
  ];
}

function once<T>(read: () => Promise<T>): () => Promise<T> {
  let reading: Promise<T> | undefined;
  return () => {
    reading ??= read();
    return reading;
  };
}

function contentOf(store: SyncStore, listing: Listing, call: CallOptions): TargetContent | undefined {
  if (!isReadable(store)) return undefined;
  const tags = listing.tags.map(({ name }) => name);
  const options = { ...call, tags, referrers: false, children: "unlabelled" } as const;
  return new TargetContent((onBrokenTags) => readInventory(store, { ...options, onBrokenTags }));
}
