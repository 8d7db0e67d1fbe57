import {
  type CallOptions,
  type Descriptor,
  type Digest,
  isIndexMediaType,
  type ListResult,
  listedItems,
  readList,
  type Source,
} from "@tranship/core";
import { asCopyError } from "../events/errors.ts";
import { type RequestCount, RequestCounter } from "../events/request-count.ts";
import { childManifests } from "../inventory/manifest-links.ts";
import { Reader } from "../run/reader.ts";
import { CopyRun } from "../run/run.ts";
import { copy } from "./copy.ts";
import type { CopyOptions, Destination, Origin } from "./copy-options.ts";
import type { TagOutcome } from "./copy-tags.ts";
import { cosignSubject } from "./digest-tags.ts";
import { hasManifest } from "./has-manifest.ts";
import type { CopyResult } from "./result.ts";

/** What is asked of `copyCosignTags`. */
export interface CosignTagsOptions extends Pick<CopyOptions, "clobber" | "run" | "signal" | "onEvent" | "onExchange"> {
  /** Only counts the tags. Default: they are copied. */
  readonly countOnly?: boolean | undefined;
}

/** The tags of cosign that belong to an image. */
export interface CosignTags {
  /** Their names at the source: `sha256-HEX.sig` and the like. */
  readonly tags: readonly string[];
  /** How each one went; none where they are only counted. */
  readonly outcomes: readonly TagOutcome[];
  /** Why there may be more of them: the source's list of tags has no proven end. */
  readonly doubt: unknown;
  /** Of the list and of the manifests that were read for it; those of a copy are in its result. */
  readonly requests: RequestCount;
}

/**
 * Copies the tags under which cosign keeps what it makes for an image that was copied and for the
 * manifests that its index lists: `sha256-HEX.sig`, `.att`, `.sbom`. What is about a manifest that
 * the target does not have, as where platforms were chosen, is no part of it.
 *
 * Requests: the pages of the source's list of tags; 1 for each index, unless the run has read it; 1 to the
 * target for each tag found, where the copy changed the index; then those of `copy`.
 * @param image What the copy of the image gave.
 * @throws {CopyError} where the tags or an index cannot be read. An abort rejects with `signal.reason`.
 */
export async function copyCosignTags(
  from: Pick<Origin, "store">,
  to: Pick<Destination, "store">,
  image: Pick<CopyResult, "source" | "root">,
  { countOnly = false, ...options }: CosignTagsOptions = {},
): Promise<CosignTags> {
  const { run = new CopyRun(), signal = new AbortController().signal, onExchange } = options;
  const counter = new RequestCounter(onExchange);
  const call = { signal, onExchange: counter.count };
  const list = await listTags(from.store, call);
  const candidates = listedItems(list).filter((tag) => cosignSubject(tag) !== undefined);
  const root = image.source ?? image.root;
  const manifests =
    candidates.length === 0
      ? new Map<Digest, Descriptor>()
      : await manifestsOf(new Reader(from.store, run, call), root);
  const isWhole = root.digest === image.root.digest;
  const belongs = async (tag: string): Promise<boolean> => {
    const subject = manifests.get(cosignSubject(tag) as Digest);
    if (subject === undefined) return false;
    return isWhole || hasManifest(to.store, subject.digest, call);
  };
  const belonging = await Promise.all(candidates.map(belongs));
  const tags = candidates.filter((_, at) => belonging[at]);
  const doubt = list.complete ? undefined : asSourceError(from.store, list.doubt);
  const requests = counter.result();
  if (countOnly) return { tags, outcomes: [], doubt, requests };
  const copyTag = async (tag: string): Promise<TagOutcome> => {
    try {
      const result = await copy(
        { store: from.store, reference: tag },
        { store: to.store, reference: tag },
        { ...options, run },
      );
      return { tag, result };
    } catch (error) {
      signal.throwIfAborted();
      return { tag, error };
    }
  };
  return { tags, outcomes: await Promise.all(tags.map(copyTag)), doubt, requests };
}

async function listTags(source: Source, call: CallOptions): Promise<ListResult<string>> {
  if (source.tags === undefined) return { complete: true, items: [] };
  try {
    return await readList(source.tags(call));
  } catch (cause) {
    throw asSourceError(source, cause, call.signal);
  }
}

/** The manifest itself and those that its index lists, at any depth, each once. */
async function manifestsOf(reader: Reader, root: Descriptor): Promise<ReadonlyMap<Digest, Descriptor>> {
  const found = new Map([[root.digest, root]]);
  for (const descriptor of found.values()) {
    if (!isIndexMediaType(descriptor.mediaType)) continue;
    const { manifest } = await reader.openManifest(descriptor);
    for (const child of childManifests(manifest)) if (!found.has(child.digest)) found.set(child.digest, child);
  }
  return found;
}

function asSourceError(source: Source, cause: unknown, signal?: AbortSignal): unknown {
  return asCopyError({ side: "source", operation: "resolve", store: source.name, cause }, signal);
}
