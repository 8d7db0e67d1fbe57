import { LRUCache } from "lru-cache";
import type { Digest } from "../../digest/digest.ts";
import type { Content } from "../../store/store.ts";

/** Manifests that were read or pushed lately, by repository and digest, bounded in bytes. They spare `tag` its GET. */
export class ManifestCache {
  readonly #cache: LRUCache<string, Content>;

  /** @param maxBytes Default 16 MiB: thousands of usual manifests, four of the largest. */
  constructor(maxBytes: number = 16 * 1024 * 1024) {
    this.#cache = new LRUCache({ maxSize: maxBytes, sizeCalculation: (content) => Math.max(1, content.bytes.length) });
  }

  get(repository: string, digest: Digest): Content | undefined {
    return this.#cache.get(`${repository}@${digest}`);
  }

  set(repository: string, content: Content): void {
    this.#cache.set(`${repository}@${content.descriptor.digest}`, content);
  }

  delete(repository: string, digest: Digest): void {
    this.#cache.delete(`${repository}@${digest}`);
  }
}
