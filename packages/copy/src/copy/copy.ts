import type { RetryRecord } from "@tranship/core";
import { Scope } from "../concurrency/scope.ts";
import { type CopyEvent, retryEvent } from "../events/events.ts";
import { nameOf } from "../events/image-name.ts";
import { RequestCounter } from "../events/request-count.ts";
import { finishedNotice, finishRepairs } from "../repair/finish-repairs.ts";
import { CopyRun } from "../run/run.ts";
import type { CopyOptions, Destination, Origin } from "./copy-options.ts";
import { executeIn } from "./execute.ts";
import { planIn } from "./plan-copy.ts";
import type { CopyResult } from "./result.ts";

/**
 * Copies what a reference stands for: an image, an index with all or some of its platforms, an artifact.
 *
 * Children go before parents and the tag last, so that the target's tag never stands for something incomplete; what the target has is
 * not sent, what another repository of its registry has is mounted; manifests travel byte for byte. Plan and execution overlap.
 * Requests: those of `planCopy`, and at a registry 2 for a blob that is sent, 1 for one that is there or mounted, 1 for a manifest.
 * @throws {CopyError} the first failure, after everything under way has ended. An abort rejects with `signal.reason`.
 */
export async function copy(from: Origin, to: Destination, options: CopyOptions = {}): Promise<CopyResult> {
  const { run = new CopyRun(), onEvent, onExchange } = options;
  const names = { from: nameOf(from), to: nameOf(to) };
  const counter = new RequestCounter(onExchange && ((request) => onExchange(request, names)));
  const onRetry = (retry: RetryRecord): void => onEvent?.({ ...names, ...retryEvent(retry) } as CopyEvent);
  return run.deadline.run(names.from, options.signal, async (limited) => {
    const scope = new Scope(limited);
    try {
      const call = { signal: scope.signal, onExchange: counter.count };
      for (const finished of await finishRepairs(from.store, to.store, { run, call, onEvent, deletes: false }))
        onEvent?.({ ...names, type: "notice", message: finishedNotice(finished, to.store) });
      const plan = await planIn(scope, from, to, { ...options, run, onExchange: counter.count, onRetry });
      for (const message of plan.head.notices) onEvent?.({ ...names, type: "notice", message });
      if (plan.head.state !== "copy") onEvent?.({ ...names, type: plan.head.state, descriptor: plan.head.root });
      return await executeIn(scope, plan, from, to, { ...options, run, counter });
    } catch (error) {
      if (error instanceof Error && options.signal?.aborted !== true) onEvent?.({ ...names, type: "failed", error });
      throw error;
    }
  });
}
