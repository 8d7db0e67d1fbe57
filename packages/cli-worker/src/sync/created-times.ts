import { atOnce } from "@tranship/copy";
import {
  type CallOptions,
  type Digest,
  isImageMediaType,
  type Journal,
  type ListedTag,
  type Manifest,
  parseManifest,
  type Source,
} from "@tranship/core";
import { readImageTime } from "../prune/image-time.ts";

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

/** When images were built, as they say themselves. An image never changes: one that was read is remembered. */
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
      await this.#remember(image.descriptor.digest, time);
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

  /** Null: it says nowhere when. A journal that fails is none. */
  #known(digest: Digest): Promise<number | null | undefined> | undefined {
    return this.#memory?.buildTime(digest).catch(() => undefined);
  }

  async #remember(digest: Digest, time: number | null): Promise<void> {
    await this.#memory?.built(digest, time).catch(() => {});
  }
}

function dated(name: string, digest: Digest, time: number | null): ListedTag {
  return { name, digest, ...(time !== null && { time: new Date(time) }) };
}

async function timeOf(
  { descriptor, bytes }: Awaited<ReturnType<Source["open"]>>,
  source: Source,
  call: CallOptions,
): Promise<number | null> {
  const manifest = parseManifest(bytes, descriptor.mediaType);
  const first = await firstImage(manifest, source, call);
  const listed = (digest: Digest): Manifest | undefined => (digest === first?.digest ? first.manifest : undefined);
  return (await readImageTime(source, manifest, listed, call))?.getTime() ?? null;
}

/** The image of an index that stands for its age. */
async function firstImage(
  manifest: Manifest,
  source: Source,
  call: CallOptions,
): Promise<{ readonly digest: Digest; readonly manifest: Manifest } | undefined> {
  if (manifest.kind !== "index") return undefined;
  const entry = manifest.manifests.find(
    ({ mediaType, platform }) => isImageMediaType(mediaType) && platform?.os !== "unknown",
  );
  if (entry === undefined) return undefined;
  const { descriptor, bytes } = await source.open(entry.digest, call);
  return { digest: entry.digest, manifest: parseManifest(bytes, descriptor.mediaType) };
}
