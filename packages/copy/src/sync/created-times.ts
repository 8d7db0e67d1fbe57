import {
  type CallOptions,
  type Content,
  type Digest,
  isImageMediaType,
  isIndexMediaType,
  type Journal,
  type ListedTag,
  parseManifest,
  type Source,
} from "@tranship/core";
import { atOnce } from "../concurrency/at-once.ts";
import { readImageTime } from "../inventory/image-time.ts";

/** Indexes within an index, at most, of which the innermost image is looked at. */
const MOST_NESTED = 4;

/** What is remembered between runs, and how long a tag is believed, in ms. */
export interface CreatedTimesOptions {
  readonly journal?: Pick<Journal, "tags"> | undefined;
  readonly trustMs?: number | undefined;
}

/** Tags with the times of their images. */
export interface DatedTags {
  /** Those without a time say nowhere when they were built. */
  readonly tags: readonly ListedTag[];
  /** How many images had to be read. */
  readonly read: number;
}

/** When images were built, as they say themselves. An image never changes: a time that was read is remembered. */
export class CreatedTimes {
  readonly #memory: Journal["tags"] | undefined;
  readonly #trustMs: number;

  constructor({ journal, trustMs = 0 }: CreatedTimesOptions = {}) {
    this.#memory = journal?.tags;
    this.#trustMs = trustMs;
  }

  /**
   * Finds out the times of tags.
   * Requests: for an image that was not read before 1 GET, 1 for an index's first image, and 1 for the config; for one that was, 1 HEAD for the tag, none where the list has its digest, or
   * the tag was seen lately enough.
   */
  async of(listed: readonly ListedTag[], source: Source, call: CallOptions): Promise<DatedTags> {
    let read = 0;
    const tags = await atOnce(listed, async (tag): Promise<ListedTag> => {
      const digest = tag.digest ?? (await this.#digestOf(tag.name, source, call));
      const known = digest && (await this.#known(digest));
      if (digest !== undefined && known !== undefined) return dated(tag.name, digest, known);
      read += 1;
      const image = await source.open(digest ?? tag.name, call);
      const time = await timeOf(image, source, call);
      if (time !== undefined) await this.#memory?.built(image.descriptor.digest, time).catch(() => {});
      await source.sawTag?.(tag.name, image.descriptor.digest, call);
      return dated(tag.name, image.descriptor.digest, time);
    });
    return { tags, read };
  }

  /** What the tag stands for; undefined where it was never seen, so that it is read at once. */
  async #digestOf(tag: string, source: Source, call: CallOptions): Promise<Digest | undefined> {
    const last = this.#memory && (await source.lastSeen?.(tag, call));
    if (last === undefined) return undefined;
    const ageMs = Date.now() - last.seen;
    if (ageMs >= 0 && ageMs < this.#trustMs) return last.digest;
    const { digest } = await source.resolve(tag, call);
    await source.sawTag?.(tag, digest, call);
    return digest;
  }

  /** A journal that fails is none. */
  #known(digest: Digest): Promise<number | undefined> | undefined {
    return this.#memory?.buildTime(digest).catch(() => undefined);
  }
}

function dated(name: string, digest: Digest, time: number | undefined): ListedTag {
  return { name, digest, ...(time !== undefined && { time: new Date(time) }) };
}

/** What the image says; of an index that says nothing, what its first image says, which may be in an index below it. */
async function timeOf(
  { descriptor, bytes }: Content,
  source: Source,
  call: CallOptions,
  depth = 0,
): Promise<number | undefined> {
  const manifest = parseManifest(bytes, descriptor.mediaType);
  const own = await readImageTime(source, manifest, () => undefined, call);
  if (own !== undefined || manifest.kind !== "index" || depth === MOST_NESTED) return own?.getTime();
  const first = manifest.manifests.find(
    ({ mediaType, platform }) =>
      isIndexMediaType(mediaType) || (isImageMediaType(mediaType) && platform?.os !== "unknown"),
  );
  return first && timeOf(await source.open(first.digest, call), source, call, depth + 1);
}
