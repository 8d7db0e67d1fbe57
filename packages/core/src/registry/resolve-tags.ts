import type { Descriptor } from "../content/descriptor.ts";
import type { CallOptions } from "../store/store.ts";
import { statusOf } from "./explain.ts";
import { inBatches } from "./in-batches.ts";
import type { RemoteRepository } from "./remote-repository.ts";
import { resolveManifest } from "./resolve-manifest.ts";

/** HEADs in flight. */
const LOOKS_AT_ONCE = 8;

/** A tag and the manifest that it points at. */
export interface ResolvedTag {
  readonly tag: string;
  readonly descriptor: Descriptor;
}

/** What each tag points at, in their order; a tag that went meanwhile is left out. Requests: 1 HEAD for each (end-3), 8 at once. */
export async function* resolveTags(
  repository: RemoteRepository,
  tags: AsyncIterable<string> | Iterable<string>,
  options: CallOptions = {},
): AsyncGenerator<ResolvedTag, void, void> {
  const look = async (tag: string): Promise<ResolvedTag | undefined> => {
    try {
      return { tag, descriptor: await resolveManifest(repository, tag, options) };
    } catch (error) {
      if (statusOf(error) === 404) return undefined;
      throw error;
    }
  };
  for await (const resolved of inBatches(tags, LOOKS_AT_ONCE, look)) {
    if (resolved !== undefined) yield resolved;
  }
}
