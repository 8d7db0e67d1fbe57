import {
  type CallOptions,
  type Descriptor,
  type Digest,
  type Hold,
  type PushOptions,
  type PushOutcome,
  type Source,
  StoreError,
  type Target,
} from "@tranship/core";
import { asCopyError } from "../events/errors.ts";
import type { CopyEvent, Happened, OnEvent } from "../events/events.ts";
import { nameOf } from "../events/image-name.ts";
import { Reader } from "../run/reader.ts";
import type { CopyRun } from "../run/run.ts";
import { Writer } from "../run/writer.ts";
import type { HeldContent } from "../spool/held-content.ts";
import { holdContent } from "../spool/hold-content.ts";
import { isWrongContent } from "../spool/wrong-content.ts";
import { contentOf, type Difference } from "./difference.ts";
import { confirmFault, type Fault, faultIn } from "./fault.ts";

export interface RepairOptions {
  readonly run: CopyRun;
  readonly call: CallOptions & { readonly signal: AbortSignal };
  readonly onEvent?: OnEvent | undefined;
}

/** What a blob is sent for: the tags as a user names them. */
export interface RepairNames {
  readonly from: string;
  readonly to: string;
}

/** Sends blobs that are missing at a target, and replaces those with other bytes: each once, however many images hold it. What was sent is read back. */
export class BlobRepairs {
  readonly #source: Source;
  readonly #target: Target;
  readonly #options: RepairOptions;
  readonly #mended = new Map<Digest, Promise<boolean>>();

  constructor(source: Source, target: Target, options: RepairOptions) {
    this.#source = source;
    this.#target = target;
    this.#options = options;
  }

  /**
   * Mends a blob. Whether it was read back and is right: else it must be looked at again.
   * Requests: those of the upload and 1 GET; for wrong bytes those of `Target.replace`.
   */
  mend(difference: Difference, names: RepairNames): Promise<boolean> {
    const known = this.#mended.get(difference.digest);
    if (known !== undefined) return known;
    const mending = this.#mend(difference, names);
    this.#mended.set(difference.digest, mending);
    return mending;
  }

  /** Finishes what an earlier process began with a blob and did not end. */
  async finish(descriptor: Descriptor): Promise<void> {
    const { digest } = descriptor;
    const [from, to] = [this.#source, this.#target].map((store) => nameOf({ store, reference: digest }));
    await this.#replace(descriptor, undefined, this.#emitter({ from: from ?? "", to: to ?? "" }));
  }

  async #mend(difference: Difference, names: RepairNames): Promise<boolean> {
    const descriptor = contentOf(difference);
    const emit = this.#emitter(names);
    if (difference.problem === "size") throw wrongManifest(difference, this.#target);
    if (difference.problem !== "missing") {
      await this.#replace(descriptor, difference.found, emit);
      return true;
    }
    const mountFrom = this.#options.run.holders(this.#target, descriptor.digest);
    const outcome = await this.#send(descriptor, emit, { mountFrom });
    let fault = await this.#readBack(descriptor);
    // A registry may claim to have mounted a blob, and have nothing.
    if (outcome !== "pushed" && fault !== "unknown" && fault?.problem === "missing") {
      this.#options.run.distrust(this.#target, descriptor.digest);
      await this.#send(descriptor, emit, { anew: true });
      fault = await this.#readBack(descriptor);
    }
    if (fault === "unknown" || fault?.problem === "missing") return false;
    if (fault?.problem === "size") throw wrongManifest({ ...difference, ...fault }, this.#target);
    // Mounted from where it is wrong too, or an old file that the upload found.
    if (fault?.problem === "corrupt") await this.#replace(descriptor, fault.found, emit);
    return true;
  }

  async #send(
    descriptor: Descriptor,
    emit: (event: Happened) => void,
    options: Pick<PushOptions, "mountFrom" | "anew">,
  ): Promise<PushOutcome> {
    const { run, call } = this.#options;
    run.forget(this.#target, `blob ${descriptor.digest}`);
    run.holds(this.#source, descriptor.digest);
    emit({ type: "planned", descriptor });
    const opener = new Reader(this.#source, run, call).opener(descriptor);
    const outcome = await this.#writer(emit).pushBlob(descriptor, opener, options);
    emit({ type: outcome === "pushed" ? "done" : "mounted", descriptor });
    return outcome;
  }

  /** What is wrong with a blob that was sent; `unknown` where that is not found out so. */
  async #readBack(descriptor: Descriptor): Promise<Fault | "unknown" | undefined> {
    const { run, call } = this.#options;
    if (this.#target.readBack === undefined) return "unknown";
    const slots = run.slotsOf(this.#target, descriptor);
    try {
      return await slots(() => {
        call.signal.throwIfAborted();
        return confirmFault(this.#target, descriptor, { ...call, whileWaiting: run.lending(slots) });
      });
    } catch (error) {
      call.signal.throwIfAborted();
      const fault = faultIn(error);
      return fault === undefined || fault === "suspect" ? "unknown" : fault;
    }
  }

  async #replace(descriptor: Descriptor, wrong: Digest | undefined, emit: (event: Happened) => void): Promise<void> {
    const { digest } = descriptor;
    this.#options.run.forget(this.#target, `blob ${digest}`);
    let held: HeldContent | undefined;
    const hold: Hold = async () => {
      held = await this.#hold(descriptor);
      emit({ type: "planned", descriptor });
      return held.open;
    };
    const onDeleted = (): void => emit({ type: "deleted", digest });
    try {
      const outcome = await this.#writer(emit).replaceBlob(descriptor, hold, { wrong, onDeleted });
      if (outcome !== "existed") emit({ type: "done", descriptor });
    } finally {
      const pending = held && (await this.#target.pendingReplacements?.().catch(() => []));
      await held?.end(pending?.some((blob) => blob.digest === digest) === true ? "kept" : "sent");
    }
  }

  async #hold(descriptor: Descriptor): Promise<HeldContent> {
    const { run, call } = this.#options;
    const source = this.#source;
    const opener = new Reader(source, run, call).opener(descriptor);
    // A store on this machine keeps the old bytes until it has the new ones.
    if ((this.#target as Partial<Source>).isLocal === true) return { open: opener, end: async () => undefined };
    try {
      return await holdContent(descriptor, opener, { source, spool: run.spool, signal: call.signal });
    } catch (cause) {
      if (!isWrongContent(cause)) throw cause;
      throw asCopyError({ side: "source", operation: "fetch", store: source.name, descriptor, cause }, call.signal);
    }
  }

  #writer(emit: (event: Happened) => void): Writer {
    const { run, call } = this.#options;
    const { name, isLocal } = this.#source;
    return new Writer(this.#target, {
      run,
      call,
      source: this.#source,
      sourceName: name,
      sourceIsLocal: isLocal,
      emit,
    });
  }

  #emitter(names: RepairNames): (event: Happened) => void {
    return (event) => this.#options.onEvent?.({ ...names, ...event } as CopyEvent);
  }
}

function wrongManifest({ digest, size, foundSize }: Difference, { name }: Target): StoreError {
  const detail = `its ${foundSize} bytes are those of its digest, and the manifest states ${size}: the manifest is wrong`;
  return new StoreError("SIZE_MISMATCH", `Cannot repair blob "${digest}" of "${name}": ${detail}`);
}
