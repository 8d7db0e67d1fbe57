import {
  type BlobLease,
  type CallOptions,
  type Descriptor,
  type Hold,
  isManifestMediaType,
  type Open,
  type PushOptions,
  type PushOutcome,
  RegistryError,
  type ReplaceOptions,
  type Source,
  StoreError,
  type Target,
  watchContent,
} from "@tranship/core";
import { asCopyError, CopyError, type CopyErrorInit } from "../events/errors.ts";
import type { Happened } from "../events/events.ts";
import { childrenAreMissing } from "./missing-children.ts";
import type { CopyRun } from "./run.ts";

const MISSING: ReadonlySet<string> = new Set(["MANIFEST_UNKNOWN", "NAME_UNKNOWN"]);
/** What credentials that may push and not pull get. */
const HIDDEN: ReadonlySet<string> = new Set(["UNAUTHORIZED", "DENIED"]);
/** With what a tag is refused that must not move: ECR 400, Azure 405, Harbor 412, others 403 and 409. */
const IMMUTABLE: ReadonlySet<number> = new Set([400, 403, 405, 409, 412]);
const WRONG_BYTES: ReadonlySet<string> = new Set(["DIGEST_MISMATCH", "SIZE_MISMATCH"]);

/**
 * The longest that a blob waits for other processes, in ms: then it is sent, whoever else sends it.
 */
const MOST_WAIT_MS = 15 * 60_000;
/**
 * What is waited for any blob, in ms, and the bytes per second below which another process is too
 * slow to be waited for.
 */
const LEAST_WAIT_MS = 60_000;
const SLOWEST = 64 * 1024;

/** How the sending of a blob is told to other processes. */
interface Leased {
  readonly lease?: BlobLease | undefined;
}

export interface WriterOptions {
  readonly run: CopyRun;
  readonly call: CallOptions & { readonly signal: AbortSignal };
  /** From where blobs are pushed: between two registries pushes are limited. */
  readonly source?: Pick<Source, "place"> | undefined;
  /** What messages call the source: bytes that are not what was promised came from there. */
  readonly sourceName: string;
  /** Whether the source is on this machine: then its content is not kept in the spool. Default: no. */
  readonly sourceIsLocal?: boolean | undefined;
  readonly emit?: ((event: Happened) => void) | undefined;
  /** Told of a push that failed while it still holds its slot, so that nothing else begins in it. */
  readonly onFailure?: ((error: unknown) => void) | undefined;
  /** Told of each referrers tag that was put. */
  readonly onReferrersTag?: PushOptions["onReferrersTag"];
}

/** Asks and writes a target for one copy, in the run's slots; its errors say which side failed. */
export class Writer {
  readonly target: Target;
  readonly #options: WriterOptions;

  constructor(target: Target, options: WriterOptions) {
    this.target = target;
    this.#options = options;
  }

  /**
   * What the reference stands for; undefined where the target has no such reference or no such repository, or does not let us look.
   * @param mayBeHidden whether a refusal counts as missing, which is right where the reference is only written again.
   * @param headProvesAbsence whether the 404 of a HEAD is enough. Default: as `mayBeHidden`.
   */
  async resolve(
    reference: string,
    {
      mayBeHidden,
      headProvesAbsence = mayBeHidden,
    }: { readonly mayBeHidden: boolean; readonly headProvesAbsence?: boolean },
  ): Promise<Descriptor | undefined> {
    try {
      return await this.#small((call) => this.target.resolve(reference, { ...call, headProvesAbsence }));
    } catch (cause) {
      if (cause instanceof StoreError && (MISSING.has(cause.code) || (mayBeHidden && HIDDEN.has(cause.code))))
        return undefined;
      throw this.#blame("resolve", cause);
    }
  }

  async has(descriptor: Descriptor): Promise<boolean> {
    try {
      return await this.#small((call) => this.target.has(descriptor, call));
    } catch (cause) {
      throw this.#blame("resolve", cause, descriptor);
    }
  }

  /** Whether the target shows the content. An error of the registry's about this content is no: distribution answers 500 to a link that leads nowhere. */
  async shows(descriptor: Descriptor): Promise<boolean> {
    try {
      return await this.has(descriptor);
    } catch (error) {
      const { cause } = error instanceof CopyError ? error : {};
      if (cause instanceof RegistryError && cause.status !== undefined && cause.code !== "RATE_LIMITED") return false;
      throw error;
    }
  }

  /**
   * Sends a blob unless the target has it. While another process sends it to the same registry this
   * one waits, and holds nothing meanwhile.
   * @param how from where it may be mounted; whether it is sent whatever the target says of it.
   */
  async pushBlob(
    descriptor: Descriptor,
    open: Open,
    how: Pick<PushOptions, "mountFrom" | "anew">,
  ): Promise<PushOutcome> {
    const { run, call, source = this.target } = this.#options;
    const asked = { mountFrom: how.mountFrom, signal: call.signal };
    const mostMs = Math.min(MOST_WAIT_MS, LEAST_WAIT_MS + (descriptor.size / SLOWEST) * 1000);
    const end = performance.now() + (how.anew === true ? 0 : mostMs);
    for (;;) {
      const outcome = await run.inPushSlot(source, this.target, descriptor, async () => {
        call.signal.throwIfAborted();
        const mayWait = performance.now() < end;
        const lease = mayWait ? await this.target.lease?.(descriptor, asked) : undefined;
        if (lease === "held") return lease;
        try {
          return await this.#pushBlob(descriptor, open, { ...how, lease });
        } finally {
          lease?.release();
        }
      });
      if (outcome !== "held") return outcome;
      this.#tellOfWait();
      await this.target.leaseFreed?.(descriptor, { ...asked, waitMs: end - performance.now() });
    }
  }

  #tellOfWait(): void {
    const { run, emit } = this.#options;
    const message = `Another process sends blobs to "${this.target.place?.host ?? this.target.name}": they are waited for, and not sent again`;
    if (run.isNew(message)) emit?.({ type: "notice", message });
  }

  async #pushBlob(descriptor: Descriptor, open: Open, options: PushOptions & Leased): Promise<PushOutcome> {
    const { run, sourceIsLocal = false } = this.#options;
    const kept = sourceIsLocal ? undefined : run.spool?.reading(descriptor, open, this.target.name);
    let end: "sent" | "wrong" | "kept" = "kept";
    try {
      const outcome = await this.#push(descriptor, open, {
        ...this.#options.call,
        ...options,
        spooled: kept?.open,
      });
      end = "sent";
      return outcome;
    } catch (error) {
      if (isWrongContent(error)) end = "wrong";
      throw error;
    } finally {
      await kept?.end(end);
      if (kept === undefined && end === "sent") await this.discardKept(descriptor);
    }
  }

  /** Removes what an earlier process kept of a blob that the target has. No requests. */
  async discardKept(descriptor: Descriptor): Promise<void> {
    await this.#options.run.spool?.discard(descriptor, this.target.name);
  }

  /** Puts a blob in the place of wrong bytes that the target has under its digest. `existed`: the right ones are there. */
  async replaceBlob(
    descriptor: Descriptor,
    hold: Hold,
    options: Pick<ReplaceOptions, "wrong" | "onDeleted">,
  ): Promise<PushOutcome> {
    const { run, call, source = this.target, emit } = this.#options;
    const { target } = this;
    return run.inPushSlot(source, target, descriptor, async () => {
      call.signal.throwIfAborted();
      emit?.({ type: "started", descriptor });
      try {
        if (target.replace === undefined)
          throw new StoreError(
            "UNSUPPORTED",
            `Cannot replace "${descriptor.digest}": blobs of ${target.name} cannot be replaced`,
          );
        const observed = this.#observer(descriptor);
        return await target.replace(descriptor, async (signal) => observed(await hold(signal)), {
          ...call,
          ...options,
        });
      } catch (cause) {
        throw this.#blame("replace", cause, descriptor);
      }
    });
  }

  /** Puts a manifest under the reference, or under its digest alone. */
  async pushManifest(
    descriptor: Descriptor,
    open: Open,
    { reference, sparse }: Pick<PushOptions, "reference" | "sparse">,
  ): Promise<PushOutcome> {
    return this.#small(async (call) => {
      try {
        const { onReferrersTag } = this.#options;
        return await this.#push(descriptor, open, { ...call, reference, sparse, onReferrersTag });
      } catch (error) {
        if (reference !== undefined && (await this.#isImmutableAsWanted(error, descriptor, reference)))
          return "existed";
        this.#failed(error);
        throw error;
      }
    });
  }

  /** Registries with immutable tags refuse to put one again, with the same digest too (ECR: aws/containers-roadmap#2179; Harbor; locks of Azure's). */
  async #isImmutableAsWanted(error: unknown, descriptor: Descriptor, reference: string): Promise<boolean> {
    const cause = error instanceof CopyError ? error.cause : undefined;
    if (!(cause instanceof RegistryError) || cause.status === undefined || !IMMUTABLE.has(cause.status)) return false;
    if (childrenAreMissing(error)) return false;
    try {
      return (await this.target.resolve(reference, this.#options.call)).digest === descriptor.digest;
    } catch {
      return false;
    }
  }

  async tag(descriptor: Descriptor, reference: string): Promise<void> {
    try {
      await this.#small((call) => this.target.tag(descriptor, reference, call));
    } catch (cause) {
      throw this.#blame("tag", cause, descriptor);
    }
    this.#options.emit?.({ type: "tagged", descriptor, reference });
  }

  #small<T>(task: (call: CallOptions) => Promise<T>): Promise<T> {
    const { run, call } = this.#options;
    const slots = run.requestSlots(this.target);
    return slots(() => {
      call.signal.throwIfAborted();
      return task({ ...call, whileWaiting: run.lending(slots) });
    });
  }

  async #push(descriptor: Descriptor, open: Open, { lease, ...options }: PushOptions & Leased): Promise<PushOutcome> {
    const { call, emit } = this.#options;
    call.signal.throwIfAborted();
    emit?.({ type: "started", descriptor });
    const observed = this.#observer(descriptor, lease);
    const { spooled } = options;
    try {
      return await this.target.push(descriptor, observed(open), { ...options, spooled: spooled && observed(spooled) });
    } catch (cause) {
      const error = this.#blame("push", cause, descriptor);
      if (!isManifestMediaType(descriptor.mediaType)) this.#failed(error);
      throw error;
    }
  }

  #failed(error: unknown): void {
    if (!childrenAreMissing(error)) this.#options.onFailure?.(error);
  }

  /** Tells how many bytes the target took, and when it starts again. */
  #observer(descriptor: Descriptor, lease?: BlobLease): (open: Open) => Open {
    const { emit, run } = this.#options;
    let opened = false;
    return (open) => async (offset, signal) => {
      // The first one too, where an earlier process brought what is before it.
      if (opened || offset > 0) emit?.({ type: "resumed", descriptor, offset });
      opened = true;
      let end = offset;
      const received = (bytes: number): void => {
        end += bytes;
        lease?.moved(end >= descriptor.size);
        run.traffic.wrote(this.target, bytes);
        emit?.({ type: "bytes", digest: descriptor.digest, bytes });
      };
      return watchContent(await open(offset, signal), { received });
    };
  }

  #blame(operation: string, cause: unknown, descriptor?: Descriptor): unknown {
    const wrongBytes = cause instanceof StoreError && !(cause instanceof RegistryError) && WRONG_BYTES.has(cause.code);
    const init: CopyErrorInit =
      wrongBytes && operation === "push"
        ? { side: "source", operation: "fetch", store: this.#options.sourceName, descriptor, cause }
        : { side: "target", operation, store: this.target.name, descriptor, cause };
    return asCopyError(init, this.#options.call.signal);
  }
}

/** The source gave other bytes than the descriptor says, which nobody should go on with. */
function isWrongContent(error: unknown): boolean {
  return error instanceof CopyError && (error.code === "DIGEST_MISMATCH" || error.code === "SIZE_MISMATCH");
}
