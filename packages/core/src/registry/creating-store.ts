import type { CallOptions } from "../call/call-options.ts";
import type { Descriptor } from "../content/descriptor.ts";
import type { HashedContent } from "../digest/hash-content.ts";
import { StoreError } from "../errors/errors.ts";
import type {
  Content,
  Hold,
  ListedTag,
  Open,
  PushOptions,
  PushOutcome,
  ReferrersOptions,
  ReplaceOptions,
  RepositoryPlace,
  ResolveOptions,
  Source,
  Target,
  UntagOptions,
} from "../store/store.ts";
import type { RegistryStore } from "./registry-store.ts";

/** A repository of a registry. */
export interface NewRepository {
  /** `host` or `host:port`. */
  readonly host: string;
  /** `team/app` */
  readonly repository: string;
}

/** Makes a repository, unless it is there. What it throws fails every push to the repository. */
export type CreateRepository = (place: NewRepository, signal: AbortSignal | undefined) => Promise<void>;

/**
 * A repository that is made before the first push to it, where it was not seen to be there: once, whatever number of images come, and whoever asked first. That it can't be
 * made fails every push to it, and nothing else.
 */
export class CreatingStore implements Source, Target {
  readonly name: string;
  readonly place: RepositoryPlace;
  readonly #store: RegistryStore;
  readonly #repository: NewRepository;
  readonly #create: CreateRepository;
  #there: Promise<void> | undefined;

  constructor(store: RegistryStore, repository: NewRepository, create: CreateRepository) {
    this.name = store.name;
    this.place = store.place;
    this.#store = store;
    this.#repository = repository;
    this.#create = create;
  }

  async resolve(reference: string, options?: ResolveOptions): Promise<Descriptor> {
    return this.#seen(await this.#store.resolve(reference, options));
  }

  async open(reference: string, options?: CallOptions): Promise<Content> {
    return this.#seen(await this.#store.open(reference, options));
  }

  fetch(
    descriptor: Descriptor,
    options?: CallOptions & { readonly offset?: number },
  ): Promise<AsyncIterable<Uint8Array>> {
    return this.#store.fetch(descriptor, options);
  }

  referrers(subject: Descriptor, options?: ReferrersOptions): AsyncIterable<Descriptor> {
    return this.#store.referrers(subject, options);
  }

  async *tags(options?: CallOptions): AsyncGenerator<string, void, void> {
    for await (const tag of this.#store.tags(options)) yield this.#seen(tag);
    this.#seen(undefined);
  }

  async *listedTags(options?: CallOptions): AsyncGenerator<ListedTag, void, void> {
    for await (const tag of this.#store.listedTags(options)) yield this.#seen(tag);
    this.#seen(undefined);
  }

  has(descriptor: Descriptor, options?: CallOptions): Promise<boolean> {
    return this.#store.has(descriptor, options);
  }

  holdsSparse(options?: CallOptions): Promise<boolean> {
    return this.#store.holdsSparse(options);
  }

  async push(descriptor: Descriptor, open: Open, options: PushOptions = {}): Promise<PushOutcome> {
    await this.#made(options);
    return this.#store.push(descriptor, open, options);
  }

  async tag(descriptor: Descriptor, reference: string, options?: CallOptions): Promise<void> {
    await this.#made(options);
    return this.#store.tag(descriptor, reference, options);
  }

  readBack(descriptor: Descriptor, options?: CallOptions): Promise<HashedContent> {
    return this.#store.readBack(descriptor, options);
  }

  replace(descriptor: Descriptor, hold: Hold, options?: ReplaceOptions): Promise<PushOutcome> {
    return this.#store.replace(descriptor, hold, options);
  }

  pendingReplacements(options?: CallOptions): Promise<readonly Descriptor[]> {
    return this.#store.pendingReplacements(options);
  }

  delete(descriptor: Descriptor, options?: CallOptions): Promise<void> {
    return this.#store.delete(descriptor, options);
  }

  untag(reference: string, options?: UntagOptions): Promise<void> {
    return this.#store.untag(reference, options);
  }

  /** Whoever answers with content is there. */
  #seen<T>(value: T): T {
    this.#there ??= Promise.resolve();
    return value;
  }

  /** The repository is there, or was made. What another caller's abort ended is begun anew. */
  async #made({ signal }: CallOptions = {}): Promise<void> {
    signal?.throwIfAborted();
    this.#there ??= this.#create(this.#repository, signal);
    const making = this.#there;
    try {
      await making;
    } catch (error) {
      signal?.throwIfAborted();
      if (error instanceof StoreError) throw error;
      if (this.#there === making) this.#there = undefined;
      return this.#made({ signal });
    }
  }
}
