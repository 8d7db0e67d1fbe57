import {
  type CallOptions,
  type Descriptor,
  MAX_MANIFEST_BYTES,
  parseManifest,
  readVerified,
  type Source,
  StoreError,
  type Target,
} from "@tranship/core";
import { asCopyError } from "../events/errors.ts";
import type { OpenManifest } from "./reader.ts";
import { type CopyRun, lending } from "./run.ts";

/** Of a manifest that is to be read: it is gone, or damaged. */
const UNREADABLE: ReadonlySet<string> = new Set(["MANIFEST_UNKNOWN", "DIGEST_MISMATCH", "SIZE_MISMATCH"]);

/** Reads what a target has, where it can be read; its errors say that the target failed. */
export class TargetReader {
  readonly #target: Target;
  readonly #run: CopyRun;
  readonly #call: CallOptions & { readonly signal: AbortSignal };

  constructor(target: Target, run: CopyRun, call: CallOptions & { readonly signal: AbortSignal }) {
    this.#target = target;
    this.#run = run;
    this.#call = call;
  }

  /** A manifest that is there; undefined where the target cannot be read, or has other bytes under its digest. 1 GET, none for one that was read before. */
  async manifest(descriptor: Descriptor): Promise<OpenManifest | undefined> {
    const target = this.#target;
    if (!isReadable(target) || descriptor.size > MAX_MANIFEST_BYTES) return undefined;
    const slots = this.#run.requestSlots(target);
    const read = (): Promise<Uint8Array> =>
      slots(async () => {
        this.#call.signal.throwIfAborted();
        const call = { ...this.#call, whileWaiting: lending(slots) };
        return readVerified(await target.fetch(descriptor, call), descriptor);
      });
    try {
      const bytes = await this.#run.manifest(descriptor.digest, read, this.#call.signal);
      return { descriptor, bytes, manifest: parseManifest(bytes, descriptor.mediaType) };
    } catch (cause) {
      if (cause instanceof StoreError && UNREADABLE.has(cause.code)) return undefined;
      throw this.#blame(cause, descriptor);
    }
  }

  /** Whether the bytes of a blob that is there have its digest; undefined where the target cannot say it. 1 GET. */
  async isRight(descriptor: Descriptor): Promise<boolean | undefined> {
    const target = this.#target;
    const slots = this.#run.slotsOf(target, descriptor);
    try {
      return await slots(async () => {
        this.#call.signal.throwIfAborted();
        const found = await target.readBack?.(descriptor, { ...this.#call, whileWaiting: lending(slots) });
        return found && found.digest === descriptor.digest;
      });
    } catch (cause) {
      throw this.#blame(cause, descriptor);
    }
  }

  #blame(cause: unknown, descriptor: Descriptor): unknown {
    const init = { side: "target", operation: "fetch", store: this.#target.name, descriptor, cause } as const;
    return asCopyError(init, this.#call.signal);
  }
}

/** Whether a target can be read too, as most can. */
function isReadable(target: Target): target is Target & Pick<Source, "fetch"> {
  return "fetch" in target && typeof target.fetch === "function";
}
