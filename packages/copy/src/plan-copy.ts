import {
  type CallOptions,
  type Content,
  type Descriptor,
  type Digest,
  formatPlatform,
  isDigest,
  type Platform,
  parsePlatform,
  readVerified,
  type Source,
  StoreError,
  type Target,
} from "@tranship/core";
import type { CopyOptions, Destination, Origin } from "./copy-options.ts";
import type { Plan, PlanAction, PlanHead } from "./plan.ts";
import { choiceOf } from "./platform-choice.ts";
import { keepPlatforms, lackingInImage, selectPlatforms } from "./platforms.ts";
import { type OpenManifest, Reader } from "./reader.ts";
import type { Rewrites } from "./rewrites.ts";
import { CopyRun } from "./run.ts";
import { Scope } from "./scope.ts";
import { walk } from "./walk.ts";
import { Writer } from "./writer.ts";

/**
 * Finds out what a copy has to do, children first, and changes nothing.
 *
 * Requests: 1 HEAD for the target's reference; where it is missing there, 1 GET for the source's manifest, where it is not, 1 HEAD for the
 * source's, at the same time where a list shows it, and nothing else if the two are the same, or if that is remembered of a choice of platforms; none of these where the destination says what is there; 1 GET for each manifest below. Whether a blob is at the target is left to
 * `execute`, where asking costs nothing extra. Memory: the manifests of the image.
 * @throws {CopyError} with the code of the store that failed. @throws {StoreError} PLATFORM_UNKNOWN; PLAN_OUTDATED where it comes to another root than `options.root`.
 */
export async function planCopy(
  from: Origin,
  to: Destination,
  options: CopyOptions & Pick<CallOptions, "onRetry"> = {},
): Promise<Plan> {
  return planIn(new Scope(options.signal), from, to, options);
}

/** The same in the scope of a copy, whose failure it is when the plan fails. */
export async function planIn(
  scope: Scope,
  from: Origin,
  to: Destination,
  options: Omit<CopyOptions, "signal"> & Pick<CallOptions, "onRetry">,
): Promise<Plan> {
  const { run = new CopyRun(), onExchange, onRetry, clobber = true } = options;
  const call = { signal: scope.signal, onExchange, onRetry };
  const reader = new Reader(from.store, run, { ...call, tags: from.tags });
  const writer = new Writer(to.store, { run, call, sourceName: from.store.name });
  const isKnown = to.missing === true || (to.there !== undefined && clobber);
  const asked = isKnown ? undefined : to.reference;
  // Where the target has the reference, as its list says, the source's is needed whatever it stands for.
  const both = to.missing === false && asked !== undefined && clobber && (options.platforms ?? []).length === 0;
  const asking = both ? scope.start(() => reader.resolve(from.reference)) : undefined;
  // Credentials may push and not pull; but a tag that must be kept has to be seen.
  const looking = asked === undefined ? undefined : scope.start(() => writer.resolve(asked, { mayBeHidden: clobber }));
  await scope.settled();
  const [source, seen] = [await asking, await looking];
  if (seen !== undefined && !clobber) return finished({ source: undefined, root: seen, state: "kept", notices: [] });

  const root = await findRoot(reader, from.reference, options, { source, there: seen, rewrites: run.rewrites });
  const there = seen?.digest ?? (isKnown ? to.there : undefined);
  if (to.reference !== undefined && isDigest(to.reference) && to.reference !== root.root.digest) {
    const detail = `the content to copy is "${root.root.digest}", and a digest cannot stand for anything else`;
    throw new TypeError(`Cannot copy "${nameOf(from)}" to "${nameOf(to)}": ${detail}`);
  }
  if (options.root !== undefined && options.root !== root.root.digest) {
    const detail = `it comes to "${root.root.digest}", and "${options.root}" was planned`;
    throw new StoreError("PLAN_OUTDATED", `Cannot copy "${nameOf(from)}" to "${nameOf(to)}": ${detail}; plan anew`);
  }
  const unchanged = there === root.root.digest;
  const { kept, lacking = [], notices } = root;
  const state = unchanged && kept === undefined ? "unchanged" : "copy";
  const head: PlanHead = {
    source: root.source,
    root: root.root,
    state,
    notices,
    ...(lacking.length > 0 && { lacking: lacking.map(formatPlatform) }),
    ...(kept && { kept: [...kept] }),
  };
  if (state === "unchanged" && options.referrers !== true) return finished(head);
  // A directory or memory tells for nothing whether it has the root, and then only the tag lacks.
  const rootIsThere = unchanged || (to.store.place === undefined && (await writer.has(root.root)));
  const reference = unchanged || to.reference === root.root.digest ? undefined : to.reference;
  const rewritten = root.content !== undefined && root.root.digest !== root.source.digest ? root.content : undefined;
  return {
    head,
    actions: walk(reader, writer, {
      run,
      root: root.root,
      reference,
      rewritten: rewritten?.bytes,
      referrers: options.referrers === true,
      // Where the reference was missing, what is below it most likely is too: asking would be a request for each.
      askForChildren: there !== undefined || to.store.place === undefined,
      rootIsThere,
      sparse: kept && { kept, platforms: (options.platforms ?? []).map(formatPlatform) },
      fail: (error) => scope.fail(error),
    }),
  };
}

/** How messages call an image. */
export function nameOf(located: { readonly store: Source | Target; readonly reference?: string | undefined }): string {
  if (located.reference === undefined) return located.store.name;
  return `${located.store.name}${isDigest(located.reference) ? "@" : ":"}${located.reference}`;
}

function finished(head: PlanHead): Plan {
  return { head, actions: none() };
}

async function* none(): AsyncGenerator<PlanAction, void, void> {}

interface Root {
  readonly source: Descriptor;
  readonly root: Descriptor;
  readonly content: Content | undefined;
  /** Where the index is kept as it is, and only a part of what it names is copied. */
  readonly kept?: ReadonlySet<Digest> | undefined;
  /** Platforms that the image lacks, which is not to fail. */
  readonly lacking?: readonly Platform[] | undefined;
  readonly notices: readonly string[];
}

/** What is known before the source is read. */
interface Asked {
  /** What the reference stands for there. */
  readonly source: Descriptor | undefined;
  /** What it stands for at the target. */
  readonly there: Descriptor | undefined;
  readonly rewrites: Rewrites;
}

async function findRoot(
  reader: Reader,
  reference: string,
  options: CopyOptions,
  { source: asked, there, rewrites }: Asked,
): Promise<Root> {
  const { platforms = [], sparse = false } = options;
  const choice = choiceOf(options);
  if (platforms.length === 0 && (there !== undefined || asked !== undefined)) {
    const source = asked ?? (await reader.resolve(reference));
    if (source.digest === there?.digest) return { source, root: source, content: undefined, notices: [] };
    return { source, root: source, content: await reader.openManifest(source), notices: [] };
  }
  if (there !== undefined && rewrites.kept && !sparse && options.referrers !== true) {
    const source = await reader.resolve(reference);
    const root = await rewrites.of(source.digest, choice);
    if (root === there.digest) return { source, root: there, content: undefined, notices: [] };
  }
  const opened = await reader.openReference(reference);
  const image = nameOf({ store: reader.source, reference });
  const source = opened.descriptor;
  if (platforms.length === 0) return { source, root: source, content: opened, notices: [] };
  if (opened.manifest.kind === "image") {
    const lacking = lackingInImage(await platformOf(reader, opened), image, choice);
    await rewrites.made(source.digest, choice, source.digest);
    return { source, root: source, content: opened, lacking, notices: [] };
  }
  const openChild = (descriptor: Descriptor): Promise<OpenManifest> => reader.openManifest(descriptor);
  if (sparse) {
    const { kept, lacking } = await keepPlatforms(opened, image, choice, openChild);
    const only = platforms.map(formatPlatform).join(", ");
    const notices = [`Indexes are kept whole (sparse): of what they name, only ${only} is copied`];
    return { source, root: source, content: opened, kept, lacking, notices };
  }
  const selected = await selectPlatforms(opened, image, choice, openChild);
  const { lacking } = selected;
  const notices =
    options.referrers === true
      ? ["Signatures and other referrers of the index itself are not copied: only a part of it is"]
      : [];
  const root = "manifest" in selected ? selected.manifest : selected.index.descriptor;
  await rewrites.made(source.digest, choice, root.digest);
  if ("manifest" in selected) return { source, root, content: undefined, lacking, notices };
  const same = root.digest === source.digest;
  return { source, root, content: selected.index, lacking, notices: same ? [] : notices };
}

/** A single image has its platform in its config. */
async function platformOf(reader: Reader, { manifest }: OpenManifest): Promise<Platform | undefined> {
  if (manifest.kind !== "image") return undefined;
  const { config } = manifest;
  return platformOfConfig(await readVerified(await reader.opener(config)(0), config));
}

function platformOfConfig(bytes: Uint8Array): Platform | undefined {
  try {
    const config: unknown = JSON.parse(Buffer.from(bytes).toString("utf8"));
    const { os, architecture, variant } = config as Readonly<Record<string, unknown>>;
    if (typeof os !== "string" || typeof architecture !== "string") return undefined;
    return parsePlatform(
      [os, architecture, ...(typeof variant === "string" && variant !== "" ? [variant] : [])].join("/"),
    );
  } catch {
    return undefined;
  }
}
