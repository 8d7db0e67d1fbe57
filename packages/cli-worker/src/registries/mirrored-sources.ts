import type { Repository, Source } from "@tranship/core";
import { FallbackSource, HostHealth, type SourcePlace } from "@tranship/core";
import { printWarning } from "../terminal/warning.ts";
import type { HostRules } from "./host-rules.ts";
import type { Registries } from "./registries.ts";

/** The repositories that mirrors read from: at their registry, and where the file names mirrors of that, also there. */
export class MirroredSources {
  readonly #registries: Registries;
  readonly #rules: ReadonlyMap<string, HostRules>;
  readonly #health = new Map<string, HostHealth>();

  constructor(registries: Registries, rules: ReadonlyMap<string, HostRules>) {
    this.#registries = registries;
    this.#rules = rules;
  }

  /** The hosts that may be asked for what the file names. */
  static hostsOf(hosts: Iterable<string>, rules: ReadonlyMap<string, HostRules>): readonly string[] {
    return [...new Set([...hosts].flatMap((host) => [host, ...(rules.get(host)?.mirrors ?? [])]))];
  }

  /** The store of a repository. No request. */
  async source(repository: Repository): Promise<Source> {
    const mirrors = this.#rules.get(repository.host)?.mirrors ?? [];
    const own = await this.#placeAt(repository, repository.host);
    if (mirrors.length === 0) return own.store;
    return new FallbackSource([own, ...(await Promise.all(mirrors.map((host) => this.#placeAt(repository, host))))]);
  }

  async #placeAt({ repository }: Repository, host: string): Promise<SourcePlace> {
    return { store: await this.#registries.repository({ host, repository }), health: this.#healthOf(host) };
  }

  #healthOf(host: string): HostHealth {
    const known =
      this.#health.get(host) ?? new HostHealth((error) => printWarning(`${host} can't answer: ${error.message}`));
    this.#health.set(host, known);
    return known;
  }
}
