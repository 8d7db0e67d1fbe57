import {
  type CallOptions,
  type Content,
  type Descriptor,
  type Digest,
  IncompleteListError,
  type MemoryStore,
  type Open,
  type PushOptions,
  type PushOutcome,
  type RepositoryPlace,
  type SeenTag,
  type Store,
  type UntagOptions,
} from "@tranship/core";

/** One call of a store: the method and what it was about, a reference or a digest. */
export interface Call {
  readonly method: "resolve" | "open" | "fetch" | "has" | "push" | "tag" | "untag" | "delete" | "referrers" | "tags";
  readonly about: string;
}

/** Runs before each call; it may wait or throw. */
export type Before = (call: Call, options: CallOptions & PushOptions) => void | Promise<void>;

/** A store in memory that notes its calls, can be told to fail, and can claim to be a repository of a registry. */
export class RecordingStore implements Store {
  readonly name: string;
  readonly place: RepositoryPlace | undefined;
  readonly calls: Call[] = [];
  /** Calls that have succeeded, in the order of their ends. */
  readonly done: Call[] = [];
  /** Calls that have begun and not ended. */
  running = 0;
  before: Before = () => {};
  /** How many tags its list shows before it throws, as one whose end is not proven; undefined: it is whole. */
  listedTagsAtMost: number | undefined;
  /** What tags were seen to stand for. */
  readonly seen: Map<string, SeenTag> = new Map();
  readonly #inner: MemoryStore;

  constructor(inner: MemoryStore, place?: RepositoryPlace) {
    this.name = inner.name;
    this.place = place;
    this.#inner = inner;
  }

  /** What the calls of these methods were about, in order. */
  about(...methods: readonly Call["method"][]): readonly string[] {
    return this.calls.filter(({ method }) => methods.includes(method)).map(({ about }) => about);
  }

  resolve(reference: string, options: CallOptions = {}): Promise<Descriptor> {
    return this.#call({ method: "resolve", about: reference }, options, () => this.#inner.resolve(reference, options));
  }

  open(reference: string, options: CallOptions = {}): Promise<Content> {
    return this.#call({ method: "open", about: reference }, options, () => this.#inner.open(reference, options));
  }

  fetch(
    descriptor: Descriptor,
    options: CallOptions & { readonly offset?: number } = {},
  ): Promise<AsyncIterable<Uint8Array>> {
    return this.#call({ method: "fetch", about: descriptor.digest }, options, () =>
      this.#inner.fetch(descriptor, options),
    );
  }

  async *referrers(subject: Descriptor, options: CallOptions = {}): AsyncGenerator<Descriptor, void, void> {
    await this.#call({ method: "referrers", about: subject.digest }, options, async () => {});
    yield* this.#inner.referrers(subject, options);
  }

  async *tags(options: CallOptions = {}): AsyncGenerator<string, void, void> {
    await this.#call({ method: "tags", about: this.name }, options, async () => {});
    let count = 0;
    for await (const tag of this.#inner.tags(options)) {
      if (count === this.listedTagsAtMost) break;
      count += 1;
      yield tag;
    }
    if (this.listedTagsAtMost === undefined) return;
    const init = { method: "GET", url: "http://r.example/v2/app/tags/list" };
    throw new IncompleteListError(`Cannot list the tags of "${this.name}": cut short`, init);
  }

  async lastSeen(tag: string): Promise<SeenTag | undefined> {
    return this.seen.get(tag);
  }

  async sawTag(tag: string, digest: Digest): Promise<void> {
    this.seen.set(tag, { digest, seen: Date.now() });
  }

  has(descriptor: Descriptor, options: CallOptions = {}): Promise<boolean> {
    return this.#call({ method: "has", about: descriptor.digest }, options, () => this.#inner.has(descriptor, options));
  }

  push(descriptor: Descriptor, open: Open, options: PushOptions = {}): Promise<PushOutcome> {
    return this.#call({ method: "push", about: descriptor.digest }, options, () =>
      this.#inner.push(descriptor, open, options),
    );
  }

  tag(descriptor: Descriptor, reference: string, options: CallOptions = {}): Promise<void> {
    return this.#call({ method: "tag", about: reference }, options, () =>
      this.#inner.tag(descriptor, reference, options),
    );
  }

  untag(reference: string, options: UntagOptions = {}): Promise<void> {
    return this.#call({ method: "untag", about: reference }, options, () => this.#inner.untag(reference, options));
  }

  delete(descriptor: Descriptor, options: CallOptions = {}): Promise<void> {
    return this.#call({ method: "delete", about: descriptor.digest }, options, () =>
      this.#inner.delete(descriptor, options),
    );
  }

  async #call<T>(call: Call, options: CallOptions & PushOptions, task: () => Promise<T>): Promise<T> {
    this.calls.push(call);
    this.running += 1;
    try {
      await this.before(call, options);
      const value = await task();
      this.done.push(call);
      return value;
    } finally {
      this.running -= 1;
    }
  }
}

/** Waits for the next turns of the event loop, so that whatever else can begin does. */
export async function turns(count = 5): Promise<void> {
  for (let turn = 0; turn < count; turn += 1) await new Promise((resolve) => setImmediate(resolve));
}

/** Waits until the call is aborted, as a transfer does that hangs. */
export function untilAborted({ signal }: CallOptions): Promise<never> {
  return new Promise((_, reject) => signal?.addEventListener("abort", () => reject(signal.reason), { once: true }));
}

/** For two stores: who asks one of them what the reference stands for waits until the other one is asked too. */
export function rendezvous(reference: string): { readonly before: Before; readonly met: Promise<void> } {
  const { promise: met, resolve } = Promise.withResolvers<void>();
  let came = 0;
  return {
    met,
    async before({ method, about }) {
      if (method !== "resolve" || about !== reference) return;
      came += 1;
      if (came === 2) resolve();
      await met;
    },
  };
}
