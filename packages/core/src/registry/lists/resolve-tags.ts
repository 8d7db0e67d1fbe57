import { inBatches, SMALL_AT_ONCE } from "../../concurrency/in-batches.ts";
import type { Descriptor } from "../../content/descriptor.ts";
import type { CallOptions } from "../../store/store.ts";
import { resolveManifest } from "../manifests/resolve-manifest.ts";
import type { RemoteRepository } from "../remote-repository.ts";
import { unlessUnknown } from "../unless-unknown.ts";

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
    const descriptor = await unlessUnknown(resolveManifest(repository, tag, options));
    return descriptor && { tag, descriptor };
  };
  for await (const resolved of inBatches(tags, SMALL_AT_ONCE, look)) {
    if (resolved !== undefined) yield resolved;
  }
}
