import { type CallOptions, type Descriptor, type Digest, formatPlatform, isDigest, StoreError } from "@tranship/core";
import { Scope } from "../concurrency/scope.ts";
import { nameOf } from "../events/image-name.ts";
import { type OpenManifest, Reader } from "../run/reader.ts";
import { CopyRun } from "../run/run.ts";
import { Writer } from "../run/writer.ts";
import { type Believed, believedOf, Completeness, type Presence } from "./completeness.ts";
import type { CopyOptions, Destination, Origin } from "./copy-options.ts";
import { findRoot, type Root } from "./find-root.ts";
import type { Plan, PlanAction, PlanHead } from "./plan.ts";
import { walk } from "./walk.ts";

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
  const looking: Looking = { writer, reader, run, call };
  const believed = await believedOf(to.store, call);
  const isKnown = to.missing === true || (to.there !== undefined && clobber);
  const asked = isKnown ? undefined : to.reference;
  // Where the target has the reference, as its list says, the source's is needed whatever it stands for.
  const both = to.missing === false && asked !== undefined && clobber && (options.platforms ?? []).length === 0;
  const asking = both ? scope.start(() => reader.resolve(from.reference)) : undefined;
  // Credentials may push and not pull; but a tag that must be kept has to be seen.
  const resolving =
    asked === undefined ? undefined : scope.start(() => writer.resolve(asked, { mayBeHidden: clobber }));
  await scope.settled();
  const [source, seen] = [await asking, await resolving];
  const kept = clobber ? undefined : seen;
  if (kept !== undefined && (await presenceOf(kept, { isThere: true, believed, looking })) === "whole")
    return finished({ source: undefined, root: kept, state: "kept", notices: [] });

  const root = await findRoot(reader, from.reference, options, { source, there: seen, rewrites: run.rewrites });
  const there = seen?.digest ?? (isKnown ? to.there : undefined);
  checkRoot(root.root, from, to, { planned: options.root, kept });
  const unchanged = there === root.root.digest;
  const presence = await presenceOf(root.root, { isThere: unchanged, sparse: root.kept, believed, looking });
  // What a sparse index names is looked for in the walk; here only where that decides whether the tag stays as it is.
  const isDone = presence === "whole" || (kept !== undefined && (await isWholeOf(root, looking)));
  const head = headOf(root, { to, isThere: unchanged, isDone, isKept: kept !== undefined });
  if (head.state === "kept" || (head.state === "unchanged" && options.referrers !== true)) return finished(head);
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
      // Whatever gets a tag is looked at whole.
      completeness: completenessAt(unchanged ? believed : "none", looking),
      rootAt: presence,
      sparse: root.kept && { kept: root.kept, platforms: (options.platforms ?? []).map(formatPlatform) },
      fail: (error) => scope.fail(error),
    }),
  };
}

interface Looking {
  readonly writer: Writer;
  readonly reader: Reader;
  readonly run: CopyRun;
  readonly call: CallOptions & { readonly signal: AbortSignal };
}

function completenessAt(believed: Believed, { writer, reader, run, call }: Looking): Completeness {
  const open = (descriptor: Descriptor): Promise<OpenManifest> => reader.openManifest(descriptor);
  return new Completeness(writer, { run, call, believed, open });
}

/** What the target has of a root: a registry is asked for it only where its tag stands for it, a directory or memory tells for nothing. */
async function presenceOf(
  root: Descriptor,
  {
    isThere,
    sparse,
    believed,
    looking,
  }: {
    readonly isThere: boolean;
    /** What is copied of an index that is kept as it is: of that a part is all that there ever is. */
    readonly sparse?: ReadonlySet<Digest> | undefined;
    readonly believed: Believed;
    readonly looking: Looking;
  },
): Promise<Presence> {
  const { writer } = looking;
  const isLocal = writer.target.place === undefined;
  if (!isLocal && !isThere) return "missing";
  if (sparse !== undefined) return !isLocal || (await writer.has(root)) ? "partial" : "missing";
  const completeness = completenessAt(believed, looking);
  if (isLocal) return completeness.find(root);
  return (await completeness.isWhole(root)) ? "whole" : "partial";
}

async function isWholeOf({ root, kept }: Root, looking: Looking): Promise<boolean> {
  return kept !== undefined && (await completenessAt("none", looking).find(root, kept)) === "whole";
}

/** @throws {TypeError} for a digest as the target's name that is not the root's. @throws {StoreError} PLAN_OUTDATED; DENIED for a tag that must be kept. */
function checkRoot(
  { digest }: Descriptor,
  from: Origin,
  to: Destination,
  { planned, kept }: { readonly planned: Digest | undefined; readonly kept: Descriptor | undefined },
): void {
  const action = `Cannot copy "${nameOf(from)}" to "${nameOf(to)}"`;
  if (to.reference !== undefined && isDigest(to.reference) && to.reference !== digest)
    throw new TypeError(`${action}: the content to copy is "${digest}", and a digest cannot stand for anything else`);
  if (planned !== undefined && planned !== digest)
    throw new StoreError(
      "PLAN_OUTDATED",
      `${action}: it comes to "${digest}", and "${planned}" was planned; plan anew`,
    );
  if (kept === undefined || kept.digest === digest) return;
  const detail = `the tag must be kept and content of its image "${kept.digest}" is missing, which the source's tag cannot complete: it is "${digest}"`;
  throw new StoreError("DENIED", `${action}: ${detail}; copy that image by its digest, or let the tag be replaced`);
}

function headOf(
  { source, root, kept, lacking = [], notices }: Root,
  {
    to,
    isThere,
    isDone,
    isKept,
  }: {
    readonly to: Destination;
    /** Whether the target's reference stands for the root. */
    readonly isThere: boolean;
    /** Whether nothing below it is missing. */
    readonly isDone: boolean;
    readonly isKept: boolean;
  },
): PlanHead {
  const isIncomplete = isThere && !isDone && kept === undefined;
  const incomplete = `"${nameOf(to)}" stands for "${root.digest}" already, and content of it is missing: that is copied`;
  return {
    source,
    root,
    state: !isThere || !isDone ? "copy" : isKept ? "kept" : "unchanged",
    notices: [...notices, ...(isIncomplete ? [incomplete] : [])],
    ...(lacking.length > 0 && { lacking: lacking.map(formatPlatform) }),
    ...(kept && { kept: [...kept] }),
  };
}

function finished(head: PlanHead): Plan {
  return { head, actions: none() };
}

async function* none(): AsyncGenerator<PlanAction, void, void> {}
