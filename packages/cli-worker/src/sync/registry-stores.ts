import type { SyncStores, VerifyStores } from "@tranship/copy";
import type { LayoutStore, RegistryStore, Repository, Source } from "@tranship/core";
import { CreatingStore, openLayoutForWriting } from "@tranship/core";
import { parseLocation } from "../locations/location.ts";
import { openStore } from "../locations/open-location.ts";
import { creatorOf } from "../registries/create/create-repository.ts";
import type { HostRules } from "../registries/host-rules.ts";
import { MirroredSources } from "../registries/mirrored-sources.ts";
import type { Registries } from "../registries/registries.ts";

type SyncTargetStore = Awaited<ReturnType<SyncStores["target"]>>;

/** The repositories that mirrors and plans name, each opened once, so that images share what is in flight and what is known. */
export class RegistryStores implements SyncStores {
  readonly #registries: Registries;
  readonly #mirrored: MirroredSources;
  readonly #rules: ReadonlyMap<string, HostRules>;
  readonly #sources = new Map<string, Promise<Source>>();
  readonly #targets = new Map<string, Promise<SyncTargetStore>>();

  constructor(registries: Registries, rules: ReadonlyMap<string, HostRules>) {
    this.#registries = registries;
    this.#mirrored = new MirroredSources(registries, rules);
    this.#rules = rules;
  }

  source(name: string): Promise<Source> {
    return once(this.#sources, name, () => {
      const location = parseLocation(name);
      return location.kind === "registry"
        ? this.#mirrored.source(location)
        : this.#registries.layout(location.directory);
    });
  }

  target(name: string): Promise<SyncTargetStore> {
    return once(this.#targets, name, () => {
      const location = parseLocation(name);
      return location.kind === "registry" ? this.#writable(location) : openLayoutForWriting(location.directory);
    });
  }

  async #writable({ host, repository }: Repository): Promise<SyncTargetStore> {
    const store = await this.#registries.repository({ host, repository });
    const rule = this.#rules.get(host)?.create;
    if (rule === undefined) return store;
    return new CreatingStore(store, { host, repository }, creatorOf(rule, this.#registries.trace));
  }
}

/** The same for what is compared: a target is read, and nothing is made. */
export class ReadableStores implements VerifyStores {
  readonly #stores: RegistryStores;
  readonly #registries: Registries;
  readonly #targets = new Map<string, Promise<RegistryStore | LayoutStore>>();

  constructor(stores: RegistryStores, registries: Registries) {
    this.#stores = stores;
    this.#registries = registries;
  }

  source(name: string): Promise<Source> {
    return this.#stores.source(name);
  }

  target(name: string): Promise<RegistryStore | LayoutStore> {
    return once(this.#targets, name, () => openStore(parseLocation(name), this.#registries));
  }
}

async function once<T>(known: Map<string, Promise<T>>, name: string, open: () => Promise<T>): Promise<T> {
  const opening = known.get(name) ?? Promise.resolve().then(open);
  known.set(name, opening);
  return opening;
}
