import { rm, truncate } from "node:fs/promises";
import { join } from "node:path";
import {
  type CallOptions,
  type Descriptor,
  isManifestMediaType,
  MemoryStore,
  type Open,
  type PushOptions,
  type PushOutcome,
  Registry,
  type Target,
} from "@tranship/core";
import { scriptedRegistry } from "./scripted-registry.ts";
import { TestLayout } from "./test-layout.ts";

/** A target that can lose content behind the back of whoever copies to it. */
export interface LossyTarget extends AsyncDisposable {
  readonly store: Target;
  /** Removes the content. */
  lose(descriptor: Descriptor): Promise<void>;
  /** Whether it is there, in its right size, as seen from behind. */
  has(descriptor: Descriptor): Promise<boolean>;
}

/** The targets that can be looked into, by what a test calls them. */
export const LOSSY_TARGETS = {
  "a layout": lossyLayout,
  "a layout that is cut short": () => lossyLayout(async (path, { size }) => truncate(path, Math.floor(size / 2))),
  "a layout that is emptied": () => lossyLayout(async (path) => truncate(path, 0)),
  "a layout that grew": () => lossyLayout(async (path, { size }) => truncate(path, size + 1)),
  memory: lossyMemory,
  "a store that can't be read": lossyWriteOnly,
} as const satisfies Record<string, () => Promise<LossyTarget>>;

/** A layout. @param spoil what becomes of a file that is lost. Default: it is removed. */
export async function lossyLayout(
  spoil: (path: string, descriptor: Descriptor) => Promise<void> = (path) => rm(path),
): Promise<LossyTarget> {
  const layout = await TestLayout.create();
  const { store } = layout;
  return {
    store,
    lose: (descriptor) => spoil(join(layout.dir, "blobs", ...descriptor.digest.split(":")), descriptor),
    has: (descriptor) => store.has(descriptor),
    [Symbol.asyncDispose]: () => layout[Symbol.asyncDispose](),
  };
}

let made = 0;

async function lossyMemory(): Promise<LossyTarget> {
  made += 1;
  const store = new MemoryStore(`memory ${made}`);
  return { store, ...behind(store) };
}

async function lossyWriteOnly(): Promise<LossyTarget> {
  const store = new MemoryStore("somewhere");
  return { store: new WriteOnly(store), ...behind(store) };
}

/** A registry that takes any manifest, whatever it names, as go-containerregistry's does. */
export async function lossyRegistry(repository = "app"): Promise<LossyTarget & { readonly log: string[] }> {
  const server = await scriptedRegistry();
  const registry = new Registry({ host: server.host, plainHttp: true });
  const { blobs, manifests } = server;
  const contentOf = ({ mediaType }: Descriptor): Map<string, unknown> =>
    isManifestMediaType(mediaType) ? manifests : blobs;
  return {
    store: registry.repository(repository),
    log: server.log,
    lose: async (descriptor) => void contentOf(descriptor).delete(`${repository}@${descriptor.digest}`),
    has: async (descriptor) => contentOf(descriptor).has(`${repository}@${descriptor.digest}`),
    async [Symbol.asyncDispose]() {
      await registry[Symbol.asyncDispose]();
      await server[Symbol.asyncDispose]();
    },
  };
}

function behind(store: MemoryStore): Omit<LossyTarget, "store"> {
  return {
    lose: (descriptor) => store.delete(descriptor),
    has: (descriptor) => store.has(descriptor),
    async [Symbol.asyncDispose]() {},
  };
}

/** A store of a library's user that is no Source, and no registry. */
class WriteOnly implements Target {
  readonly name: string;
  readonly #inner: MemoryStore;

  constructor(inner: MemoryStore) {
    this.name = inner.name;
    this.#inner = inner;
  }

  has(descriptor: Descriptor, options?: CallOptions): Promise<boolean> {
    return this.#inner.has(descriptor, options);
  }

  resolve(reference: string, options?: CallOptions): Promise<Descriptor> {
    return this.#inner.resolve(reference, options);
  }

  push(descriptor: Descriptor, open: Open, options?: PushOptions): Promise<PushOutcome> {
    return this.#inner.push(descriptor, open, options);
  }

  tag(descriptor: Descriptor, reference: string, options?: CallOptions): Promise<void> {
    return this.#inner.tag(descriptor, reference, options);
  }
}
