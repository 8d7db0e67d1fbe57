import type {
  CallOptions,
  Content,
  Descriptor,
  Digest,
  ReferrersOptions,
  RepositoryPlace,
  Source,
} from "@tranship/core";
import { SharedWork } from "../../run/shared-work.ts";

/**
 * A source as all targets of one tag see it: what a tag stands for and what refers to a manifest is asked for once, whichever of them asks first. What one of them could not
 * find out the next one tries for itself. Memory: the answers, for as long as the tag is worked on.
 */
export class SharedSource implements Source {
  readonly name: string;
  readonly place: RepositoryPlace | undefined;
  readonly isLocal: boolean | undefined;
  readonly #source: Source;
  readonly #resolved = new SharedWork<string>();
  readonly #referrers = new SharedWork<Digest>();

  constructor(source: Source) {
    this.name = source.name;
    this.place = source.place;
    this.isLocal = source.isLocal;
    this.#source = source;
  }

  async resolve(reference: string, options: CallOptions = {}): Promise<Descriptor> {
    const task = (): Promise<Descriptor> => this.#source.resolve(reference, options);
    return (await this.#resolved.once(reference, task, signalOf(options))).value;
  }

  open(reference: string, options?: CallOptions): Promise<Content> {
    return this.#source.open(reference, options);
  }

  fetch(
    descriptor: Descriptor,
    options?: CallOptions & { readonly offset?: number },
  ): Promise<AsyncIterable<Uint8Array>> {
    return this.#source.fetch(descriptor, options);
  }

  /** Of all kinds: who copies leaves none out. */
  async *referrers(subject: Descriptor, options: ReferrersOptions = {}): AsyncGenerator<Descriptor, void, void> {
    const task = (): Promise<readonly Descriptor[]> =>
      Array.fromAsync(this.#source.referrers?.(subject, options) ?? []);
    yield* (await this.#referrers.once(subject.digest, task, signalOf(options))).value;
  }
}

function signalOf({ signal }: CallOptions): AbortSignal {
  return signal ?? new AbortController().signal;
}
