import { inBatches, SMALL_AT_ONCE } from "../concurrency/in-batches.ts";
import { StoreError } from "../errors/errors.ts";
import { quoted } from "../text/quoted.ts";
import type { CallOptions, Content, Source } from "./store.ts";

/** Tags that a message names at most. */
const SHOWN = 10;

/** What is asked about tags. */
export type TagReader = Pick<Source, "name" | "resolve" | "open" | "tags">;

/** What became of listed tags that had no manifest. Those that are neither are gone from the list. */
export interface MissingTags {
  /** Listed again, and without a manifest by HEAD and GET: nobody can tell what they need. */
  readonly broken: readonly string[];
  /** Found after all. */
  readonly found: ReadonlyMap<string, Content>;
}

/**
 * Looks again at tags that were listed and had no manifest: they may have been deleted meanwhile, a replica may lag, or they are broken, as distribution leaves them
 * where a manifest is lost or was deleted without its tags (distribution/distribution#1755).
 * Requests: those of the list; for each tag that is still in it 1 HEAD, and 1 GET.
 * @throws {IncompleteListError} where the second list may lack tags. @throws {StoreError} UNSUPPORTED where there is no list, or what the store throws.
 */
export async function findMissingTags(
  store: TagReader,
  tags: Iterable<string>,
  options: CallOptions = {},
): Promise<MissingTags> {
  const wanted = [...tags];
  if (wanted.length === 0) return { broken: [], found: new Map() };
  const list = store.tags?.(options);
  if (list === undefined)
    throw new StoreError("UNSUPPORTED", `Cannot list the tags of "${store.name}": it has no list`);
  const listed = new Set(await Array.fromAsync(list));
  const still = wanted.filter((tag) => listed.has(tag));
  const broken: string[] = [];
  const found = new Map<string, Content>();
  const look = async (tag: string) => ({ tag, content: await openAnyway(store, tag, options) });
  for await (const { tag, content } of inBatches(still, SMALL_AT_ONCE, look)) {
    if (content === undefined) broken.push(tag);
    else found.set(tag, content);
  }
  return { broken, found };
}

/** The error for tags that are broken: what they need is not known, so nothing of their repository may be deleted. */
export function brokenTagsError(action: string, store: string, tags: readonly string[]): StoreError {
  const names = tags.slice(0, SHOWN).map(quoted).join(", ");
  const more = tags.length > SHOWN ? ` and ${tags.length - SHOWN} more` : "";
  const what =
    tags.length === 1 ? "a tag is listed and has no manifest" : `${tags.length} tags are listed and have no manifest`;
  const how = `delete ${tags.length === 1 ? "it" : "them"} with: tranship delete ${store}:TAG, or go on with --ignore-broken-tags`;
  return new StoreError("BROKEN_TAG", `${action}: ${what} (404): ${names}${more}; ${how}`);
}

/** By its digest: a registry may answer HEAD for a tag, and 404 to its GET. */
async function openAnyway(store: TagReader, tag: string, options: CallOptions): Promise<Content | undefined> {
  const descriptor = await unlessUnknown(store.resolve(tag, options));
  return descriptor && unlessUnknown(store.open(descriptor.digest, options));
}

async function unlessUnknown<T>(reading: Promise<T>): Promise<T | undefined> {
  try {
    return await reading;
  } catch (error) {
    if (error instanceof StoreError && error.code === "MANIFEST_UNKNOWN") return undefined;
    throw error;
  }
}
