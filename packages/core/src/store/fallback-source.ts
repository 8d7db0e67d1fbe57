import type { CallOptions } from "../call/call-options.ts";
import type { Descriptor } from "../content/descriptor.ts";
import type { Digest } from "../digest/digest.ts";
import { isRetryable, StoreError } from "../errors/errors.ts";
import type { SeenTag } from "../journal/tag-journal.ts";
import { readList, replayed } from "./read-list.ts";
import type { Content, ListedTag, ReferrersOptions, RepositoryPlace, Source } from "./store.ts";

/** How long a host that could not answer is left alone, in ms. */
const REST_MS = 300_000;

/** A registry's host, and when it could not answer last. Shared by its repositories. */
export class HostHealth {
  #restsUntilMs = Number.NEGATIVE_INFINITY;
  readonly #warn: (error: StoreError) => void;

  /** @param warn told when the host could not answer, once for each rest. */
  constructor(warn: (error: StoreError) => void) {
    this.#warn = warn;
  }

  get rests(): boolean {
    return performance.now() < this.#restsUntilMs;
  }

  /** Notes that the host could not answer. */
  failed(error: StoreError): void {
    if (this.rests) return;
    this.#restsUntilMs = performance.now() + REST_MS;
    this.#warn(error);
  }
}

/** A repository at one host. */
export interface SourcePlace {
  readonly store: Source;
  readonly health: HostHealth;
}

/**
 * A repository that is read from its registry, and from mirrors of it where that can't answer: no connection, no answer in time, told to come back later, a server's own
 * error. What is refused or not there is not looked for elsewhere. Content is verified by its digest wherever it came from; what a tag stands for, a mirror is believed.
 * A host that could not answer is left alone for 5 minutes. Messages name the registry itself.
 */
export class FallbackSource implements Source {
  readonly name: string;
  readonly place: RepositoryPlace | undefined;
  readonly #places: readonly [SourcePlace, ...SourcePlace[]];
  #listedBy: Source | undefined;

  /** @param places the registry's own first. */
  constructor(places: readonly [SourcePlace, ...SourcePlace[]]) {
    const [{ store }] = places;
    this.name = store.name;
    this.place = store.place;
    this.#places = places;
  }

  resolve(reference: string, options?: CallOptions): Promise<Descriptor> {
    return this.#try((store) => store.resolve(reference, options), options);
  }

  open(reference: string, options?: CallOptions): Promise<Content> {
    return this.#try((store) => store.open(reference, options), options);
  }

  fetch(
    descriptor: Descriptor,
    options?: CallOptions & { readonly offset?: number },
  ): Promise<AsyncIterable<Uint8Array>> {
    return this.#try((store) => store.fetch(descriptor, options), options);
  }

  async *referrers(subject: Descriptor, options?: ReferrersOptions): AsyncGenerator<Descriptor, void, void> {
    yield* await this.#try((store) => Array.fromAsync(store.referrers?.(subject, options) ?? []), options);
  }

  async *tags(options?: CallOptions): AsyncGenerator<string, void, void> {
    yield* replayed(await this.#list((store) => readList(store.tags?.(options) ?? none()), options));
  }

  /** The mirror that the last list of tags is from; undefined where that is the registry's own. A mirror may list what it happens to hold. */
  get listedElsewhere(): string | undefined {
    const [{ store }] = this.#places;
    return this.#listedBy === store ? undefined : this.#listedBy?.name;
  }

  /** With digests and times where the place that answers lists them. */
  async *listedTags(options?: CallOptions): AsyncGenerator<ListedTag, void, void> {
    yield* replayed(await this.#list((store) => readList(listed(store, options)), options));
  }

  /** What tags stand for is remembered of the registry itself, whoever said it. */
  async lastSeen(tag: string, options?: CallOptions): Promise<SeenTag | undefined> {
    const [{ store }] = this.#places;
    return store.lastSeen?.(tag, options);
  }

  async sawTag(tag: string, digest: Digest, options?: CallOptions): Promise<void> {
    const [{ store }] = this.#places;
    await store.sawTag?.(tag, digest, options);
  }

  #list<T>(list: (store: Source) => Promise<T>, options: CallOptions | undefined): Promise<T> {
    return this.#try(async (store) => {
      const tags = await list(store);
      this.#listedBy = store;
      return tags;
    }, options);
  }

  /** Those that rest come last, and are asked where all do. */
  async #try<T>(task: (store: Source) => Promise<T>, options: CallOptions | undefined): Promise<T> {
    const rested = this.#places.filter(({ health }) => !health.rests);
    const order = [...rested, ...this.#places.filter(({ health }) => health.rests)];
    const [own] = this.#places;
    let failure: unknown;
    for (const place of order) {
      try {
        return await task(place.store);
      } catch (error) {
        options?.signal?.throwIfAborted();
        if (cannotAnswer(error)) place.health.failed(error);
        // A mirror that refuses, or lacks what is asked for, says nothing of the registry itself.
        else if (place === own) throw error;
        if (place === own || failure === undefined) failure = error;
      }
    }
    throw failure;
  }
}

async function* listed(store: Source, options: CallOptions | undefined): AsyncGenerator<ListedTag, void, void> {
  if (store.listedTags !== undefined) yield* store.listedTags(options);
  else for await (const name of store.tags?.(options) ?? none()) yield { name };
}

/** The list of a store that has none. */
async function* none(): AsyncGenerator<never, void, void> {}

/** Whether it is the host that failed, and not what was asked for. */
function cannotAnswer(error: unknown): error is StoreError {
  return error instanceof StoreError && (["RATE_LIMITED", "TOO_SLOW"].includes(error.code) || isRetryable(error));
}
