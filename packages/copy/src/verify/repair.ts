import { type CallOptions, type Digest, type Source, type Store, StoreError } from "@tranship/core";
import { copy } from "../copy.ts";
import type { CopyEvent, OnEvent } from "../events.ts";
import { nameOf } from "../plan-copy.ts";
import { Reader } from "../reader.ts";
import type { CopyRun } from "../run.ts";
import type { OpenRepository } from "../sync/open-repository.ts";
import { Writer } from "../writer.ts";
import type { Expected } from "./compare-tag.ts";
import { contentOf, type Difference } from "./difference.ts";

export interface RepairOptions {
  readonly run: CopyRun;
  readonly call: CallOptions & { readonly signal: AbortSignal };
  readonly onEvent?: OnEvent | undefined;
}

/** The image that a difference was found in. */
export interface Broken {
  readonly repository: OpenRepository;
  readonly tag: string;
  readonly targetTag: string;
  readonly expected: Expected;
}

/** Sends to a target what differs from its source, and nothing else; each blob once, however many images lack it. */
export class Repairs {
  readonly #source: Source;
  readonly #target: Store;
  readonly #options: RepairOptions;
  readonly #blobs = new Map<Digest, Promise<void>>();

  constructor(source: Source, target: Store, options: RepairOptions) {
    this.#source = source;
    this.#target = target;
    this.#options = options;
  }

  /**
   * Mends one difference.
   * Requests: for a blob those of its upload, and before it 1 DELETE where other bytes are there; else those of `copy`.
   * @throws {CopyError} and {StoreError} where it can't be: an abort rejects with `signal.reason`.
   */
  async mend(difference: Difference, image: Broken): Promise<void> {
    if (difference.kind === "blob") return this.#blobOnce(difference, image);
    if (difference.kind === "tag" || difference.digest === image.expected.root) return this.#root(difference, image);
    await this.#copy(difference.digest, difference.digest, { referrers: difference.kind === "referrer" });
  }

  async #root(difference: Difference, { repository, tag, targetTag, expected }: Broken): Promise<void> {
    const { spec, immutable } = repository;
    const { found } = difference;
    if (found !== undefined && immutable.has(tag)) {
      const name = nameOf({ store: this.#target, reference: targetTag });
      throw new StoreError("DENIED", `Cannot move "${name}": it is "${found}", and the mirror calls the tag immutable`);
    }
    const { platforms, missingPlatforms, sparse, referrers } = spec;
    const what = { platforms, missingPlatforms, sparse, referrers };
    await this.#copy(expected.source, targetTag, { ...what, root: expected.root, there: found });
  }

  async #copy(
    source: Digest,
    reference: string,
    {
      there,
      root = source,
      ...what
    }: Pick<OpenRepository["spec"], "platforms" | "missingPlatforms" | "sparse" | "referrers"> & {
      readonly there?: Digest | undefined;
      readonly root?: Digest;
    },
  ): Promise<void> {
    const { run, call, onEvent } = this.#options;
    // What this run has seen there may be what has gone.
    run.forget(this.#target, `manifest ${root}`);
    const from = { store: this.#source, reference: source };
    const to = { store: this.#target, reference, there, missing: there === undefined };
    await copy(from, to, { ...what, run, onEvent, signal: call.signal, onExchange: call.onExchange });
  }

  #blobOnce(difference: Difference, image: Broken): Promise<void> {
    const known = this.#blobs.get(difference.digest);
    if (known !== undefined) return known;
    const mending = this.#blob(difference, image);
    this.#blobs.set(difference.digest, mending);
    return mending;
  }

  async #blob(difference: Difference, { tag, targetTag }: Broken): Promise<void> {
    const { run, call, onEvent } = this.#options;
    const source = this.#source;
    const descriptor = contentOf(difference);
    const names = {
      from: nameOf({ store: source, reference: tag }),
      to: nameOf({ store: this.#target, reference: targetTag }),
    };
    const emit = (event: object): void => onEvent?.({ ...names, ...event } as CopyEvent);
    const isCorrupt = difference.problem === "corrupt";
    if (isCorrupt) {
      await this.#remove(difference);
      emit({ type: "deleted", digest: descriptor.digest });
    }
    run.forget(this.#target, `blob ${descriptor.digest}`);
    run.holds(source, descriptor.digest);
    const mountFrom = run.holders(this.#target, descriptor.digest);
    emit({ type: "planned", descriptor });
    const writer = new Writer(this.#target, {
      run,
      call,
      sourceName: source.name,
      sourceIsLocal: source.isLocal,
      emit,
    });
    const opener = new Reader(source, run, call).opener(descriptor, run.slotsOf(this.#target, descriptor));
    // What is wrong here may be wrong in the other repositories too: many registries store a blob once for all.
    let outcome = await writer.pushBlob(descriptor, opener, isCorrupt ? { anew: true } : { mountFrom });
    // A registry may claim to have mounted a blob, and have nothing.
    if (outcome !== "pushed" && !(await writer.shows(descriptor))) {
      run.distrust(this.#target, descriptor.digest);
      outcome = await writer.pushBlob(descriptor, opener, { anew: true });
    }
    emit({ type: outcome === "pushed" ? "done" : "mounted", descriptor });
  }

  /** A registry takes no upload of a blob that it has: the wrong one has to go first. */
  async #remove(difference: Difference): Promise<void> {
    const name = nameOf({ store: this.#target, reference: difference.digest });
    if (this.#target.delete === undefined)
      throw new StoreError("UNSUPPORTED", `Cannot replace "${name}": blobs can't be deleted there`);
    const { call, run } = this.#options;
    await run.requestSlots(this.#target)(() => this.#target.delete?.(contentOf(difference), call));
  }
}
