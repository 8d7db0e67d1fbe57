import type { Digest, RepositoryPlace } from "@tranship/core";
import type { LRUCache } from "lru-cache";
import { boundedCache } from "../concurrency/bounded-cache.ts";
import { withAbort } from "../concurrency/with-abort.ts";

/** Blobs of a registry whose holders are remembered; forgetting one costs a transfer, never correctness. */
const REMEMBERED = 100_000;
/** Repositories that are remembered for a blob: one will do, and some may be refused. */
const HOLDERS = 4;

type Place = RepositoryPlace | undefined;

interface Registry {
  readonly holders: LRUCache<Digest, readonly string[]>;
  /** Blobs that it claimed to have mounted and had not. */
  readonly distrusted: Set<Digest>;
  readonly leaders: Map<Digest, Promise<unknown>>;
}

/** Which repositories of registries hold or are getting a blob, by who asks: what can be mounted, and what is worth waiting for. */
export class BlobHolders {
  readonly #registries = new WeakMap<object, Map<string, Registry>>();

  add(place: Place, digest: Digest): void {
    if (place === undefined) return;
    const { holders, distrusted } = this.#of(place);
    if (distrusted.has(digest)) return;
    const known = holders.get(digest) ?? [];
    if (known.includes(place.repository) || known.length >= HOLDERS) return;
    holders.set(digest, [...known, place.repository]);
  }

  /** Forgets who holds the blob, for the rest of the run: it is not mounted in this registry any more. */
  distrust(place: Place, digest: Digest): void {
    if (place === undefined) return;
    const { holders, distrusted } = this.#of(place);
    holders.delete(digest);
    distrusted.add(digest);
  }

  /** Repositories other than the place's own. */
  at(place: Place, digest: Digest): readonly string[] {
    if (place === undefined) return [];
    return (this.#of(place).holders.get(digest) ?? []).filter((name) => name !== place.repository);
  }

  /**
   * Sends a blob to a repository. While another repository of the same registry is being sent it, this one waits, so that it can be mounted from there; where that
   * one's transfer fails, the next in line sends. Holds no slot meanwhile.
   * @param send is called once, when its time has come.
   */
  async lead<T>(place: Place, digest: Digest, send: () => Promise<T>, signal: AbortSignal): Promise<T> {
    if (place === undefined) return send();
    const { leaders, holders, distrusted } = this.#of(place);
    for (;;) {
      if (holders.has(digest) || distrusted.has(digest)) return send();
      const leader = leaders.get(digest);
      if (leader === undefined) break;
      await withAbort(Promise.allSettled([leader]), signal);
    }
    const sending = send().then((value) => {
      this.add(place, digest);
      return value;
    });
    leaders.set(digest, sending);
    try {
      return await sending;
    } finally {
      leaders.delete(digest);
    }
  }

  #of({ access, host }: RepositoryPlace): Registry {
    const hosts = this.#registries.get(access) ?? new Map<string, Registry>();
    this.#registries.set(access, hosts);
    const registry = hosts.get(host) ?? {
      holders: boundedCache(REMEMBERED),
      distrusted: new Set(),
      leaders: new Map(),
    };
    hosts.set(host, registry);
    return registry;
  }
}
