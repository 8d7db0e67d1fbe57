import {
  contentKey,
  type Descriptor,
  type Digest,
  isManifestMediaType,
  type Located,
  type PushOutcome,
  type RetryRecord,
  type Source,
  type Target,
} from "@tranship/core";
import { Scope } from "../concurrency/scope.ts";
import { type CopyEvent, type Happened, retryEvent } from "../events/events.ts";
import { nameOf } from "../events/image-name.ts";
import { RequestCounter } from "../events/request-count.ts";
import { childrenAreMissing, childrenToSendAgain, waitForChildren } from "../run/missing-children.ts";
import { bytesOpener, Reader } from "../run/reader.ts";
import { CopyRun, type Shared } from "../run/run.ts";
import { Writer } from "../run/writer.ts";
import type { TargetFeed } from "../spool/fan-out.ts";
import type { CopyOptions, Destination } from "./copy-options.ts";
import { PendingContent } from "./pending-content.ts";
import type { Plan, PlanAction } from "./plan.ts";
import { type CopyResult, Tally } from "./result.ts";
import { sparseRefused } from "./sparse-refused.ts";

/** What `execute` takes. */
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

type Transfer = Extract<PlanAction, { readonly action: "transfer" }>;
type Put = Extract<PlanAction, { readonly action: "put" }>;
type Skip = Extract<PlanAction, { readonly action: "skip" }>;

class Execution {
  readonly #target: Target;
  readonly #run: CopyRun;
  readonly #reader: Reader;
  readonly #writer: Writer;
  readonly #scope: Scope;
  readonly #feed: TargetFeed | undefined;
  readonly #counter: RequestCounter;
  readonly #emit: (event: Happened) => void;
  readonly #pending = new PendingContent();
  /** What became of each blob. */
  readonly #outcomes = new Map<Digest, PushOutcome>();
  readonly #moved = new Tally();
  readonly #mounted = new Tally();
  readonly #skipped = new Tally();
  readonly #foreign: Descriptor[] = [];

  constructor(from: Located<Source>, to: Destination, options: ExecuteOptions, scope: Scope) {
    const { run = new CopyRun(), counter = new RequestCounter(options.onExchange), onEvent } = options;
    const names = { from: nameOf(from), to: nameOf(to) };
    this.#emit = (event) => onEvent?.({ ...names, ...event } as CopyEvent);
    const onRetry = (retry: RetryRecord): void => this.#emit(retryEvent(retry));
    const call = { signal: scope.signal, onExchange: counter.count, onRetry };
    this.#target = to.store;
    this.#feed = options.feed;
    this.#run = run;
    this.#scope = scope;
    this.#counter = counter;
    this.#reader = new Reader(from.store, run, call);
    const onFailure = (error: unknown): void => scope.fail(error);
    this.#writer = new Writer(to.store, {
      run,
      call,
      source: from.store,
      sourceName: from.store.name,
      sourceIsLocal: from.store.isLocal,
      emit: this.#emit,
      onFailure,
      onReferrersTag: options.onReferrersTag,
    });
  }

  begin(action: PlanAction): void {
    const { descriptor } = action;
    if (action.action === "skip") this.#skip(action);
    else if (action.action === "tag") this.#scope.start(() => this.#tag(descriptor, action.reference));
    else {
      this.#emit({ type: "planned", descriptor });
      this.#begin(descriptor, (anew) =>
        action.action === "transfer" ? this.#transfer(action, { anew }) : this.#put(action),
      );
    }
  }

  result({ head }: Plan): CopyResult {
    return {
      outcome: head.state === "copy" ? "copied" : head.state,
      source: head.source,
      root: head.root,
      ...(head.lacking !== undefined && { lacking: head.lacking }),
      moved: this.#moved.amount,
      mounted: this.#mounted.amount,
      skipped: this.#skipped.amount,
      // What is a foreign layer of one manifest may be a layer of another one's own, which was copied.
      foreign: this.#foreign.filter(({ digest }) => !this.#pending.has(digest)),
      requests: this.#counter.result(),
    };
  }

  #skip({ descriptor, reason, children }: Skip): void {
    if (reason === "foreign") this.#foreign.push(descriptor);
    else this.#skipped.add(descriptor);
    this.#emit({ type: "skipped", descriptor, reason });
    if (children === undefined) return;
    const ready = this.#scope.start(() => this.#pending.ready(children));
    this.#pending.add({ descriptor, ready, again: () => this.#put({ action: "put", descriptor, children }) });
  }

  /** @param send `anew`: whatever the target says that it has. */
  #begin(descriptor: Descriptor, send: (anew: boolean) => Promise<unknown>): void {
    const ready = this.#scope.start(() => send(false));
    this.#pending.add({ descriptor, ready, again: () => send(true) });
  }

  async #tag(descriptor: Descriptor, reference: string): Promise<void> {
    await this.#pending.ready([descriptor.digest]);
    await this.#writer.tag(descriptor, reference);
  }

  async #transfer({ descriptor, mountFrom }: Transfer, { anew }: { readonly anew: boolean }): Promise<void> {
    const { digest } = descriptor;
    const { signal } = this.#scope;
    const open = this.#reader.opener(descriptor);
    const send = (): Promise<PushOutcome> => {
      // Since it was planned, other copies of the run have brought more.
      const holders = new Set([...mountFrom, ...this.#run.holders(this.#target, digest)]);
      const how = anew ? { anew } : { mountFrom: [...holders] };
      return this.#writer.pushBlob(descriptor, this.#feed?.open(descriptor, open) ?? open, how);
    };
    const lead = (): Promise<PushOutcome> => this.#run.lead(this.#target, digest, send, signal);
    const shared = await this.#run.once(this.#target, contentKey(descriptor), lead, signal);
    this.#outcomes.set(digest, shared.value);
    this.#account(descriptor, shared);
    this.#run.holds(this.#target, digest);
    await this.#feed?.done(digest);
  }

  async #put(action: Put): Promise<void> {
    const { descriptor, children, reference, notices = [] } = action;
    for (const message of notices) if (this.#run.isNew(message)) this.#emit({ type: "notice", message });
    await this.#pending.ready(children);
    const send = (): Promise<PushOutcome> => this.#putWithChildren(action);
    const shared = await this.#run.once(this.#target, contentKey(descriptor), send, this.#scope.signal);
    this.#account(descriptor, shared);
    if (action.sparse === undefined && this.#target.place !== undefined)
      await this.#run.isWhole(this.#target, descriptor.digest, async () => true, this.#scope.signal);
    if (reference === undefined) return;
    // Another image of this run put the same manifest, under a name of its own.
    if (!shared.own) await this.#writer.tag(descriptor, reference);
    else this.#emit({ type: "tagged", descriptor, reference });
  }

  /** A registry that is late, or that lost a child that was seen, gets time, then the children again, once. */
  async #putWithChildren(action: Put): Promise<PushOutcome> {
    const { descriptor, children, reference, sparse } = action;
    const open =
      action.bytes === undefined
        ? bytesOpener((await this.#reader.openManifest(descriptor)).bytes)
        : bytesOpener(Buffer.from(action.bytes, "base64"));
    const put = (): Promise<PushOutcome> =>
      this.#writer.pushManifest(descriptor, open, { reference, sparse: sparse !== undefined });
    try {
      return await (sparse === undefined ? waitForChildren(put, this.#scope.signal) : put());
    } catch (error) {
      if (!childrenAreMissing(error)) throw error;
      if (await this.#sendAgain(children, error)) return waitForChildren(put, this.#scope.signal);
      throw sparse === undefined
        ? error
        : sparseRefused({ descriptor, platforms: sparse, store: this.#target.name, cause: error });
    }
  }

  /**
   * Sends the children that the target needs again, blobs without a mount: a registry may answer 201 to a mount and have nothing (distribution, to
   * one of a sha512 blob). False where it needs none.
   */
  async #sendAgain(digests: readonly Digest[], refusal: unknown): Promise<boolean> {
    const children = this.#pending.at(digests).map((child) => {
      const { mediaType, digest } = child.descriptor;
      return { ...child, outcome: isManifestMediaType(mediaType) ? undefined : this.#outcomes.get(digest) };
    });
    const again = await childrenToSendAgain(children, refusal, (descriptor) => this.#writer.shows(descriptor));
    // Another image of this run may have sent one of them since the refusal.
    const isSent = digests.some((digest) => this.#run.distrusts(this.#target, digest));
    await Promise.all(
      again.map(async ({ descriptor: { digest }, ...child }) => {
        const message = `"${digest}" is missing at the target, which claimed to have it: sending it again`;
        this.#emit({ type: "notice", message });
        this.#run.distrust(this.#target, digest);
        await child.again();
      }),
    );
    return again.length > 0 || isSent;
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
}
