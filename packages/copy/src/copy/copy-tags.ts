import {
  type Digest,
  type ListResult,
  listedItems,
  readList,
  type Source,
  StoreError,
  type Target,
} from "@tranship/core";
import pLimit from "p-limit";
import { asCopyError } from "../events/errors.ts";
import { type RequestCount, RequestCounter } from "../events/request-count.ts";
import { CopyRun } from "../run/run.ts";
import { copy } from "./copy.ts";
import type { CopyOptions } from "./copy-options.ts";
import { cosignSubject, cosignTagsLeft, isDigestTag } from "./digest-tags.ts";
import { hasManifest } from "./has-manifest.ts";
import type { CopyResult } from "./result.ts";

/** Images in flight: enough to keep the run's request slots busy with one HEAD a side for each. */
const IMAGES_IN_FLIGHT = 32;

/** How one tag went. */
export type TagOutcome =
  | { readonly tag: string; readonly result: CopyResult }
  | { readonly tag: string; readonly error: unknown };

/** How a repository is copied. */
export interface CopyTagsOptions extends CopyOptions {
  /** What cosign keeps under tags made of a digest: `sha256-….sig`, `.att`, `.sbom`. Default: as `referrers`. */
  readonly cosignTags?: boolean | undefined;
}

/** How a repository went. */
export interface TagsResult {
  readonly outcomes: readonly TagOutcome[];
  /** Why the source may have more tags than those of `outcomes`. Undefined where its list is whole. */
  readonly doubt: unknown;
  /** The requests for the lists of tags; those for an image are in its result. */
  readonly requests: RequestCount;
}

/**
 * Copies every tag of a repository. One list of tags at each side says which are missing at the target, so that those are not asked for
 * one by one; an image that fails leaves the others alone. Where the end of the source's list is not proven, the tags that came are copied and `doubt` says so. Digest tags are no tags of their own: cosign's follow their subject where
 * `cosignTags` is set, the referrers fallback index is made again by the target.
 * Requests: the pages of two lists, then those of `copy` for each tag; 1 to the target for each tag of cosign whose
 * subject no copy has met, since below an image that was unchanged nothing was read.
 * @throws {CopyError} where the tags cannot be listed; an abort rejects with `signal.reason` after everything has ended.
 */
export async function copyTags(
  from: Source,
  to: Target & Pick<Source, "tags" | "names">,
  { cosignTags, ...options }: CopyTagsOptions = {},
): Promise<TagsResult> {
  const { run = new CopyRun(), signal, referrers = false, onEvent } = options;
  const takesCosign = cosignTags ?? referrers;
  const counter = new RequestCounter(options.onExchange);
  const call = { signal: signal ?? new AbortController().signal, onExchange: counter.count };
  // Between two layouts names stay as they are written, also those that no registry would take.
  const [source, target] =
    from.names !== undefined && to.names !== undefined
      ? [
          { name: from.name, tags: from.names.bind(from) },
          { name: to.name, tags: to.names.bind(to) },
        ]
      : [from, to];
  const [list, there] = await Promise.all([sourceTags(source, call), targetTags(target, call)]);
  const tags = listedItems(list);
  const images = tags.filter((tag) => !isDigestTag(tag));
  const digestTags = tags.filter(isDigestTag);
  for (const message of leftBehind(digestTags, { referrers, cosignTags: takesCosign }))
    onEvent?.({ from: from.name, to: to.name, type: "notice", message });

  const listed = list.complete ? new Set(tags) : undefined;
  // Undefined where the target's list may lack tags: each is then asked for.
  const present = there?.complete === true ? new Set(there.items) : undefined;
  const slots = pLimit(IMAGES_IN_FLIGHT);
  const subjects = new Set<Digest>();
  const observed: CopyOptions = {
    ...options,
    run,
    onEvent: (event) => {
      if (takesCosign && "descriptor" in event) subjects.add(event.descriptor.digest);
      onEvent?.(event);
    },
  };
  const copyTag = async (tag: string, how: CopyOptions = observed): Promise<TagOutcome> => {
    try {
      signal?.throwIfAborted();
      const destination = { store: to, reference: tag, missing: present && !present.has(tag) };
      return { tag, result: await copy({ store: from, reference: tag, tags: listed }, destination, how) };
    } catch (error) {
      return { tag, error };
    }
  };
  const outcomes = await Promise.all(images.map((tag) => slots(() => copyTag(tag))));
  const whole: CopyOptions = { ...observed, platforms: undefined, sparse: undefined, referrers: false };
  const followTag = async (tag: string): Promise<readonly TagOutcome[]> => {
    const subject = cosignSubject(tag);
    if (subject === undefined) return [];
    try {
      const follows = subjects.has(subject) || (await hasManifest(to, subject, call));
      return follows ? [await copyTag(tag, whole)] : [];
    } catch (error) {
      return [{ tag, error }];
    }
  };
  const cosign = takesCosign ? digestTags : [];
  const followed = (await Promise.all(cosign.map((tag) => slots(() => followTag(tag))))).flat();
  signal?.throwIfAborted();
  const doubt = list.complete
    ? undefined
    : asCopyError({ side: "source", operation: "resolve", store: from.name, cause: list.doubt });
  return { outcomes: [...outcomes, ...followed], doubt, requests: counter.result() };
}

/** Digest tags that are not copied, by who wrote them. */
function leftBehind(
  digestTags: readonly string[],
  takes: { readonly referrers: boolean; readonly cosignTags: boolean },
): readonly string[] {
  const ofCosign = digestTags.filter((tag) => cosignSubject(tag) !== undefined).length;
  const others = digestTags.length - ofCosign;
  return [
    ...(ofCosign > 0 && !takes.cosignTags ? [cosignTagsLeft(ofCosign)] : []),
    ...(others > 0 && !takes.referrers
      ? [`${others} tags that list referrers (sha256-…) are not copied: --referrers takes what is listed there`]
      : []),
  ];
}

async function sourceTags(
  source: Pick<Source, "name" | "tags">,
  call: { signal: AbortSignal | undefined; onExchange: RequestCounter["count"] },
): Promise<ListResult<string>> {
  if (source.tags === undefined)
    throw new TypeError(`Cannot list the tags of "${source.name}": this kind of source has no list`);
  try {
    return await readList(source.tags(call));
  } catch (cause) {
    throw asCopyError({ side: "source", operation: "resolve", store: source.name, cause }, call.signal);
  }
}

/** Undefined where the target has no list: each tag is then asked for. */
async function targetTags(
  target: Pick<Source, "name" | "tags">,
  call: { signal: AbortSignal | undefined; onExchange: RequestCounter["count"] },
): Promise<ListResult<string> | undefined> {
  if (target.tags === undefined) return undefined;
  try {
    return await readList(target.tags(call));
  } catch (cause) {
    call.signal?.throwIfAborted();
    if (cause instanceof StoreError && cause.code === "NAME_UNKNOWN") return { complete: true, items: [] };
    // A target may take pushes and refuse lists: push-only credentials.
    if (
      cause instanceof StoreError &&
      (cause.code === "DENIED" || cause.code === "UNAUTHORIZED" || cause.code === "UNSUPPORTED")
    )
      return undefined;
    throw asCopyError({ side: "target", operation: "resolve", store: target.name, cause }, call.signal);
  }
}

/** What failed: a tag, or without one the list of tags. */
export interface TagFailure {
  readonly tag?: string | undefined;
  readonly error: unknown;
}

/** What failed, the doubt about the list too. */
export function failures({ outcomes, doubt }: TagsResult): readonly TagFailure[] {
  const failed = outcomes.filter((outcome) => "error" in outcome);
  return doubt === undefined ? failed : [...failed, { error: doubt }];
}
