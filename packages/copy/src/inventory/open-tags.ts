import {
  brokenTagsError,
  type CallOptions,
  type Content,
  findMissingTags,
  StoreError,
  type TagReader,
} from "@tranship/core";
import { atOnce } from "../concurrency/at-once.ts";

/** A tag with its manifest. */
export interface OpenTag {
  readonly tag: string;
  readonly content: Content;
}

/** Told of tags that are listed and have no manifest. */
export type OnBrokenTags = (tags: readonly string[]) => void;

/**
 * Reads the manifests of listed tags; those that have been deleted meanwhile are left out.
 * Requests: 1 GET for each tag; those of `findMissingTags` where one has no manifest.
 * @param onBrokenTags Default: they are an error.
 * @throws {StoreError} BROKEN_TAG with the names of tags that are listed again and have no manifest; whatever else can't be read.
 */
export async function openTags(
  store: TagReader,
  tags: readonly string[],
  call: CallOptions,
  onBrokenTags?: OnBrokenTags,
): Promise<readonly OpenTag[]> {
  const read = await atOnce(tags, async (tag) => ({ tag, content: await openKnown(store, tag, call) }));
  const missing = read.filter(({ content }) => content === undefined).map(({ tag }) => tag);
  const { broken, found } = await findMissingTags(store, missing, call);
  if (broken.length > 0) {
    if (onBrokenTags === undefined) throw brokenTagsError(`Cannot tell what "${store.name}" needs`, store.name, broken);
    onBrokenTags(broken);
  }
  return read.flatMap(({ tag, content = found.get(tag) }) => (content === undefined ? [] : [{ tag, content }]));
}

/** Undefined for what went meanwhile, and for what an index names and the repository has not. */
export async function openKnown(
  store: Pick<TagReader, "open">,
  reference: string,
  options: CallOptions,
): Promise<Content | undefined> {
  try {
    return await store.open(reference, options);
  } catch (error) {
    if (error instanceof StoreError && error.code === "MANIFEST_UNKNOWN") return undefined;
    throw error;
  }
}
