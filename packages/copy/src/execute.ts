import type { Descriptor, Digest, Located, Open, PushOutcome, Source, Target } from "@tranship/core";
import type { CopyOptions, Destination } from "./copy-options.ts";
import { asCopyError, type CopyErrorInit } from "./errors.ts";
import type { CopyEvent, OnEvent } from "./events.ts";
import { childrenAreMissing, waitForChildren } from "./missing-children.ts";
import type { Plan, PlanAction } from "./plan.ts";
import { nameOf } from "./plan-copy.ts";
import { Reader } from "./reader.ts";
import { RequestCounter } from "./request-count.ts";
import { type CopyResult, Tally } from "./result.ts";
import { CopyRun, type Shared } from "./run.ts";
import { Scope } from "./scope.ts";

type Put = Extract<PlanAction, { readonly action: "put" }>;
type Transfer = Extract<PlanAction, { readonly action: "transfer" }>;

const WRONG_BYTES: ReadonlySet<string> = new Set(["DIGEST_MISMATCH", "SIZE_MISMATCH"]);

/** Events without the names of the copy, which are the same in all. */
type Happened = CopyEvent extends infer E ? (E extends CopyEvent ? Omit<E, "from" | "to"> : never) : never;

export interface ExecuteOptions extends CopyOptions {
  /** Where requests are counted, where the plan's own are to be in the result. */
  readonly counter?: RequestCounter | undefined;
}

/**
 * Does what a plan says, while the plan still grows: blobs in the run's slots, each manifest once its children are there, the tag last.
 * The first failure aborts the rest; nothing runs on after the promise has settled, and the target's tag is untouched.
 * Memory: the slabs of the blobs in flight.
 * @throws {CopyError} the first failure; an abort rejects with `signal.reason`.
 */
export async function execute(
  plan: Plan,
  from: Located<Source>,
  to: Destination,
  options: ExecuteOptions = {},
): Promise<CopyResult> {
  return executeIn(new Scope(options.signal), plan, from, to, options);
}

/** The same in a scope whose signal the plan reads under, so that a failure ends the reading too. */
export async function executeIn(
  scope: Scope,
  plan: Plan,
  from: Located<Source>,
  to: Destination,
  options: ExecuteOptions,
): Promise<CopyResult> {
  const execution = new Execution(from, to, options, scope);
  try {
    for await (const action of plan.actions) {
      execution.begin(action);
      scope.signal.throwIfAborted();
    }
  } catch (error) {
    scope.fail(error);
  }
  await scope.settled();
  return execution.result(plan);
}

interface Child {
  readonly descriptor: Descriptor;
  readonly ready: Promise<unknown>;
  readonly again: () => Promise<unknown>;
}

class Execution {
  readonly #target: Target;
  readonly #names: { readonly from: string; readonly to: string };
  readonly #run: CopyRun;
  readonly #reader: Reader;
  readonly #scope: Scope;
  readonly #onEvent: OnEvent | undefined;
  readonly #counter: RequestCounter;
  /** What a manifest waits for: its children, by digest. */
  readonly #children = new Map<Digest, Child>();
  readonly #moved = new Tally();
  readonly #mounted = new Tally();
  readonly #skipped = new Tally();
  readonly #foreign: Descriptor[] = [];

  constructor(from: Located<Source>, to: Destination, options: ExecuteOptions, scope: Scope) {
    const { run = new CopyRun(), counter = new RequestCounter() } = options;
    this.#target = to.store;
    this.#names = { from: nameOf(from), to: nameOf(to) };
    this.#run = run;
    this.#scope = scope;
    this.#onEvent = options.onEvent;
    this.#counter = counter;
    this.#reader = new Reader(from.store, run, this.#call);
  }

  get #call(): { readonly signal: AbortSignal; readonly onRequest: RequestCounter["count"] } {
    return { signal: this.#scope.signal, onRequest: this.#counter.count };
  }

  begin(action: PlanAction): void {
    if (action.action === "skip") this.#skip(action);
    else if (action.action === "tag") this.#scope.start(() => this.#tag(action.descriptor, action.reference));
    else {
      this.#emit({ type: "planned", descriptor: action.descriptor });
      if (action.action === "transfer") this.#beginTransfer(action);
      else this.#beginPut(action);
    }
  }

  result({ head }: Plan): CopyResult {
    return {
      outcome: head.state === "copy" ? "copied" : head.state,
      source: head.source,
      root: head.root,
      moved: this.#moved.amount,
      mounted: this.#mounted.amount,
      skipped: this.#skipped.amount,
      foreign: this.#foreign,
      requests: this.#counter.result(),
    };
  }

  #skip({ descriptor, reason }: Extract<PlanAction, { readonly action: "skip" }>): void {
    if (reason === "foreign") this.#foreign.push(descriptor);
    else this.#skipped.add(descriptor);
    this.#emit({ type: "skipped", descriptor, reason });
  }

  #beginTransfer(action: Transfer): void {
    const { descriptor } = action;
    const transfer = (): Promise<unknown> => this.#transfer(action);
    this.#children.set(descriptor.digest, { descriptor, ready: this.#scope.start(transfer), again: transfer });
  }

  async #transfer({ descriptor, mountFrom }: Transfer): Promise<void> {
    const send = (): Promise<PushOutcome> =>
      this.#run.blobSlots(() => this.#push(descriptor, this.#reader.opener(descriptor), { mountFrom }));
    this.#account(
      descriptor,
      await this.#run.once(this.#target, `blob ${descriptor.digest}`, send, this.#scope.signal),
    );
    this.#run.holds(this.#target, descriptor.digest);
  }

  #beginPut(action: Put): void {
    const { descriptor } = action;
    const put = (): Promise<unknown> => this.#put(action);
    this.#children.set(descriptor.digest, { descriptor, ready: this.#scope.start(put), again: put });
  }

  async #put(action: Put): Promise<void> {
    const { descriptor, children, reference } = action;
    await Promise.all(children.map((digest) => this.#children.get(digest)?.ready));
    const send = (): Promise<PushOutcome> => this.#putWithChildren(action);
    const shared = await this.#run.once(this.#target, `manifest ${descriptor.digest}`, send, this.#scope.signal);
    this.#account(descriptor, shared);
    if (reference === undefined) return;
    // Another image of this run put the same manifest, under a name of its own.
    if (!shared.own) await this.#tag(descriptor, reference);
    else this.#emit({ type: "tagged", descriptor, reference });
  }

  /** A registry that is late, or that lost a child that was seen, gets time, then the children again, once. */
  async #putWithChildren(action: Put): Promise<PushOutcome> {
    const { descriptor, children, reference } = action;
    const open =
      action.bytes === undefined ? this.#reader.opener(descriptor) : openBytes(Buffer.from(action.bytes, "base64"));
    const put = (): Promise<PushOutcome> =>
      this.#run.requestSlots(() => this.#push(descriptor, open, reference === undefined ? {} : { reference }));
    try {
      return await waitForChildren(put, this.#scope.signal);
    } catch (error) {
      if (!childrenAreMissing(error)) throw error;
      this.#emit({
        type: "notice",
        message: `The target misses content of "${descriptor.digest}" that it had: sending what lacks`,
      });
      for (const digest of children) await this.#sendIfMissing(digest);
      return put();
    }
  }

  async #sendIfMissing(digest: Digest): Promise<void> {
    const child = this.#children.get(digest);
    if (child === undefined) return;
    const there = await this.#run.requestSlots(() => this.#target.has(child.descriptor, this.#call));
    if (there) return;
    this.#run.forget(this.#target, `blob ${digest}`);
    this.#run.forget(this.#target, `manifest ${digest}`);
    await child.again();
  }

  async #push(
    descriptor: Descriptor,
    open: Open,
    options: { readonly reference?: string; readonly mountFrom?: readonly string[] },
  ): Promise<PushOutcome> {
    const { signal } = this.#scope;
    signal.throwIfAborted();
    this.#emit({ type: "started", descriptor });
    try {
      return await this.#target.push(descriptor, this.#observed(descriptor, open), { ...this.#call, ...options });
    } catch (cause) {
      const error = asCopyError(this.#pushFailure(descriptor, cause), signal);
      // Here, and not when the promises settle: what waits for a slot must not begin.
      if (!childrenAreMissing(cause)) this.#scope.fail(error);
      throw error;
    }
  }

  /** Who pushes verifies: bytes that are not what was promised came from the source. */
  #pushFailure(descriptor: Descriptor, cause: unknown): CopyErrorInit {
    const wrongBytes = cause instanceof StoreError && !(cause instanceof RegistryError) && WRONG_BYTES.has(cause.code);
    return wrongBytes
      ? { side: "source", operation: "fetch", store: this.#reader.source.name, descriptor, cause }
      : { side: "target", operation: "push", store: this.#target.name, descriptor, cause };
  }

  /** Tells how many bytes the target took, and when it starts again. */
  #observed(descriptor: Descriptor, open: Open): Open {
    let opened = false;
    return async (offset, signal) => {
      if (opened) this.#emit({ type: "retrying", descriptor, offset });
      opened = true;
      return this.#counted(descriptor, await open(offset, signal));
    };
  }

  async *#counted(descriptor: Descriptor, content: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void, void> {
    for await (const bytes of content) {
      this.#emit({ type: "bytes", digest: descriptor.digest, bytes: bytes.length });
      yield bytes;
    }
  }

  async #tag(descriptor: Descriptor, reference: string): Promise<void> {
    const { signal } = this.#scope;
    try {
      await this.#run.requestSlots(() => {
        signal.throwIfAborted();
        return this.#target.tag(descriptor, reference, this.#call);
      });
    } catch (cause) {
      throw asCopyError({ side: "target", operation: "tag", store: this.#target.name, descriptor, cause }, signal);
    }
    this.#emit({ type: "tagged", descriptor, reference });
  }

  #account(descriptor: Descriptor, { own, value: outcome }: Shared<PushOutcome>): void {
    if (own && outcome === "pushed") {
      this.#moved.add(descriptor);
      this.#emit({ type: "done", descriptor });
    } else if (own && outcome === "mounted") {
      this.#mounted.add(descriptor);
      this.#emit({ type: "mounted", descriptor });
    } else {
      this.#skipped.add(descriptor);
      this.#emit({ type: "skipped", descriptor, reason: own ? "exists" : "shared" });
    }
  }

  #emit(event: Happened): void {
    this.#onEvent?.({ ...this.#names, ...event } as CopyEvent);
  }
}

function openBytes(bytes: Uint8Array): Open {
  return async (offset) => {
    return (async function* () {
      yield bytes.subarray(offset);
    })();
  };
}
