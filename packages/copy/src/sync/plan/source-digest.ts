import { type Descriptor, type Digest, isDigest, type Source } from "@tranship/core";
import { choiceOf } from "../../run/platform-choice.ts";
import { Reader } from "../../run/reader.ts";
import type { OpenRepository } from "../open-repository.ts";
import { countsPulls } from "../plan-ledger.ts";
import type { PlanDepth, PlanTagOptions } from "../plan-tag-options.ts";

/**
 * What a tag of the source stands for. Requests: none where a list or what is remembered says it; else 1 HEAD, or 1 GET where its content is needed too.
 */
export async function sourceDigest(
  { spec, source, listing }: OpenRepository,
  tag: string,
  open: readonly { readonly there: Digest | null }[],
  options: PlanTagOptions & { readonly asking: Promise<Descriptor> | undefined },
): Promise<Digest> {
  if (isDigest(tag)) return tag;
  const listed = listing?.get(tag)?.digest;
  if (listed !== undefined) return listed;
  const believed = await believedDigest({ spec, source }, tag, open, options);
  if (believed !== undefined) return believed;
  const { run, call, depth } = options;
  const reader = new Reader(source, run, call);
  const { platforms = [] } = spec;
  const missing = open.every(({ there }) => there === null);
  const reads =
    readsContent(source, depth) && (missing || looksBelow(spec) || (platforms.length > 0 && !run.rewrites.kept));
  const { digest } = reads
    ? (await reader.openReference(tag)).descriptor
    : await (options.asking ?? reader.resolve(tag));
  await source.sawTag?.(tag, digest, call);
  return digest;
}

/** What the tag stood for when it was last seen, where that is not too long ago and every target has it: else there is something to do, and the source is asked. */
async function believedDigest(
  { spec, source }: Pick<OpenRepository, "spec" | "source">,
  tag: string,
  open: readonly { readonly there: Digest | null }[],
  { run, call, trustMs }: PlanTagOptions,
): Promise<Digest | undefined> {
  if (trustMs === undefined || looksBelow(spec) || open.some(({ there }) => there === null)) return undefined;
  const last = await source.lastSeen?.(tag, call);
  if (last === undefined) return undefined;
  const ageMs = Date.now() - last.seen;
  // A clock that was set back knows no ages.
  if (ageMs < 0 || ageMs > trustMs) return undefined;
  const root = await run.rewrites.of(last.digest, choiceOf(spec));
  return open.every(({ there }) => there === root) ? last.digest : undefined;
}

/** Whether a target's tag that is right is not the end: what refers to it, or what a sparse index names, is looked at too. */
export function looksBelow({ referrers, sparse, platforms = [] }: OpenRepository["spec"]): boolean {
  return referrers === true || (sparse === true && platforms.length > 0);
}

/** Whether manifests of the source are read to that depth. */
export function readsContent(source: Source, depth: PlanDepth): boolean {
  return depth === "content" || (depth === "uncounted" && !countsPulls(source));
}
