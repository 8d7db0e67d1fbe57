import type { SyncStores } from "@tranship/copy";
import { type Descriptor, MemoryStore, type RepositoryPlace } from "@tranship/core";
import { RecordingStore } from "./recording-store.ts";
import { buildImage } from "./small-image.ts";

/** Repositories in memory that pretend to be of registries: `HOST/REPOSITORY`, made when they are named. */
export class MemoryRegistries implements SyncStores {
  readonly stores = new Map<string, RecordingStore>();
  readonly #access = new Map<string, object>();

  store(name: string): RecordingStore {
    const known = this.stores.get(name) ?? new RecordingStore(new MemoryStore(name), this.#place(name));
    this.stores.set(name, known);
    return known;
  }

  source(name: string): Promise<RecordingStore> {
    return Promise.resolve(this.store(name));
  }

  target(name: string): Promise<RecordingStore> {
    return Promise.resolve(this.store(name));
  }

  /** Forgets the calls of every store. */
  forgetCalls(): void {
    for (const store of this.stores.values()) store.calls.length = 0;
  }

  #place(name: string): RepositoryPlace {
    const slash = name.indexOf("/");
    const host = name.slice(0, slash);
    const access = this.#access.get(host) ?? {};
    this.#access.set(host, access);
    return { host, repository: name.slice(slash + 1), access };
  }
}

/** Puts images under these tags, each with a base layer that all share and a layer of its own. */
export async function putImages(store: RecordingStore, tags: readonly string[]): Promise<readonly Descriptor[]> {
  const images: Descriptor[] = [];
  for (const tag of tags) {
    const { manifest } = await buildImage(store, "linux/amd64", ["base layer", `layer of ${tag}`]);
    await store.tag(manifest, tag);
    images.push(manifest);
  }
  return images;
}
