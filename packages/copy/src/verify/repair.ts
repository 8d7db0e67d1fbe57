import { type Digest, type Source, type Store, StoreError } from "@tranship/core";
import { copy } from "../copy/copy.ts";
import { nameOf } from "../events/image-name.ts";
import { BlobRepairs, type RepairOptions } from "../repair/blob-repairs.ts";
import type { Difference } from "../repair/difference.ts";
import type { OpenRepository } from "../sync/open-repository.ts";
import type { Expected } from "./compare-tag.ts";

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
  readonly #blobs: BlobRepairs;

  constructor(source: Source, target: Store, options: RepairOptions) {
    this.#source = source;
    this.#target = target;
    this.#options = options;
    this.#blobs = new BlobRepairs(source, target, options);
  }

  /**
   * Mends one difference. Whether what was sent was read back and is right: else it must be looked at again.
   * Requests: for a blob those of `BlobRepairs.mend`; else those of `copy`.
   * @throws {CopyError} and {StoreError} where it cannot be mended: an abort rejects with `signal.reason`.
   */
  async mend(difference: Difference, image: Broken): Promise<boolean> {
    if (difference.kind === "blob") {
      return this.#blobs.mend(difference, {
        from: nameOf({ store: this.#source, reference: image.tag }),
        to: nameOf({ store: this.#target, reference: image.targetTag }),
      });
    }
    if (difference.kind === "tag" || difference.digest === image.expected.root) await this.#root(difference, image);
    else await this.#copy(difference.digest, difference.digest, { referrers: difference.kind === "referrer" });
    return false;
  }

  async #root(difference: Difference, { repository, tag, targetTag, expected }: Broken): Promise<void> {
    const { spec, immutable } = repository;
    const found = difference.kind === "tag" ? difference.found : undefined;
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
}
