import {
  type CallOptions,
  checkContent,
  type Descriptor,
  MAX_MANIFEST_BYTES,
  readVerified,
  type Store,
  StoreError,
} from "@tranship/core";
import type { LimitFunction } from "p-limit";
import { asCopyError } from "../events/errors.ts";
import { confirmFault, type Fault, faultIn } from "../repair/fault.ts";
import type { CopyRun } from "../run/run.ts";

export interface TargetLookOptions {
  readonly run: CopyRun;
  readonly call: CallOptions & { readonly signal: AbortSignal };
  /** Whether blobs are read and hashed. Manifests are, always. */
  readonly deep: boolean;
}

/** Looks at single manifests and blobs of a target, in the run's slots, and says what is wrong with them. */
export class TargetLook {
  readonly #target: Store;
  readonly #options: TargetLookOptions;

  constructor(target: Store, options: TargetLookOptions) {
    this.#target = target;
    this.#options = options;
  }

  /** The bytes of a manifest, or what is wrong with it. Requests: 1 GET; 2 more where its size differs. @throws {CopyError} where that cannot be found out. */
  async manifest(descriptor: Descriptor): Promise<Uint8Array | Fault> {
    const read = (of: Descriptor): Promise<Uint8Array> => {
      if (of.size > MAX_MANIFEST_BYTES) throw tooLarge(of, this.#target.name);
      return this.inSlot(this.#options.run.requestSlots(this.#target), async (call) =>
        readVerified(await this.#target.fetch(of, call), of),
      );
    };
    const found = await this.#looking(descriptor, () => read(descriptor));
    if (found instanceof Uint8Array) return found;
    if (found !== "right" && found.problem !== "size") return found;
    // The digest decides of a manifest: the size is that of an index, or of a HEAD.
    const sized = found === "right" ? descriptor : { ...descriptor, size: found.foundSize };
    const again = await this.#looking(sized, () => read(sized));
    if (again === "right") throw unsteady(descriptor, this.#target.name);
    return again;
  }

  /**
   * What is wrong with a blob; undefined where nothing is. Requests: 1 HEAD, or `deep` 1 GET; 1 GET more where its length differs or
   * a HEAD does not find it.
   * @throws as `manifest`.
   */
  async blob(descriptor: Descriptor): Promise<Fault | undefined> {
    const { run, deep } = this.#options;
    const found = await this.#looking(descriptor, async () => {
      if (!deep) return this.inSlot(run.requestSlots(this.#target), (call) => this.#has(descriptor, call));
      await this.inSlot(run.slotsOf(this.#target, descriptor), async (call) =>
        checkContent(await this.#target.fetch(descriptor, call), descriptor),
      );
      return "right";
    });
    const settled = found === "suspect" ? await this.#confirmed(descriptor) : found;
    return settled === "right" ? undefined : settled;
  }

  /** Some registries answer HEAD with 404 where GET finds the blob; a layout has none where its file has another length. */
  async #has(descriptor: Descriptor, call: CallOptions): Promise<Fault | "right" | "suspect"> {
    if (await this.#target.has(descriptor, call)) return "right";
    return this.#target.readBack === undefined ? { problem: "missing" } : "suspect";
  }

  /** What a look finds, or what is wrong with the content; `right` where it was suspected, and is as it should be. */
  async #looking<T>(descriptor: Descriptor, look: () => Promise<T>): Promise<T | Fault | "right"> {
    try {
      return await look();
    } catch (cause) {
      const fault = this.#faultIn(descriptor, cause);
      return fault === "suspect" ? this.#confirmed(descriptor) : fault;
    }
  }

  async #confirmed(descriptor: Descriptor): Promise<Fault | "right"> {
    const slots = this.#options.run.slotsOf(this.#target, descriptor);
    try {
      const fault = await this.inSlot(slots, (call) => confirmFault(this.#target, descriptor, call));
      return fault ?? "right";
    } catch (cause) {
      const fault = this.#faultIn(descriptor, cause);
      if (fault === "suspect") throw this.failure(descriptor, cause);
      return fault;
    }
  }

  /** @throws what tells nothing of the content. */
  #faultIn(descriptor: Descriptor, cause: unknown): Fault | "suspect" {
    this.#options.call.signal.throwIfAborted();
    const fault = faultIn(cause);
    if (fault === undefined) throw this.failure(descriptor, cause);
    return fault;
  }

  failure(descriptor: Descriptor, cause: unknown): unknown {
    const { signal } = this.#options.call;
    return asCopyError({ side: "target", operation: "fetch", store: this.#target.name, descriptor, cause }, signal);
  }

  /** A call of the target in one of these slots. */
  inSlot<T>(slots: LimitFunction, task: (call: CallOptions) => Promise<T>): Promise<T> {
    const { call, run } = this.#options;
    return slots(() => {
      call.signal.throwIfAborted();
      return task({ ...call, whileWaiting: run.lending(slots) });
    });
  }
}

function tooLarge({ digest, size }: Descriptor, store: string): StoreError {
  const detail = `${size} bytes, and a manifest has at most ${MAX_MANIFEST_BYTES}`;
  return new StoreError("MANIFEST_TOO_LARGE", `Cannot read manifest "${digest}" of "${store}": ${detail}`);
}

function unsteady({ digest }: Descriptor, store: string): StoreError {
  return new StoreError(
    "DIGEST_MISMATCH",
    `Cannot read manifest "${digest}" of "${store}": each read has another length`,
  );
}
