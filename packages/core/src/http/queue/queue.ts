import { onAbort } from "../../concurrency/on-abort.ts";
import { connectionFailure } from "../errors/connection-failure.ts";
import type { Interceptor } from "../interceptor.ts";
import { trafficOf } from "../message/big-body.ts";
import type { HttpRequest, HttpResponse } from "../message/message.ts";
import { HostSlots } from "./host-slots.ts";

export interface QueueOptions {
  /** Connections to one host for each kind of traffic. */
  readonly connections: number;
  /** A lower limit that holds at the moment, asked for each request; undefined: none. */
  readonly cap?: (() => number | undefined) | undefined;
  /** Aborted when the client is closed, which ends what waits. */
  readonly closing: AbortSignal;
  /**
   * Called after a wait, before the request is sent: what was allowed before may not be any more.
   */
  readonly afterWait?: ((request: HttpRequest) => Promise<void>) | undefined;
}

/**
 * Makes each request wait until a connection is free for it, in the order of asking. What waits
 * holds nothing: its body is not opened, it has no memory of a lane and no socket, and none of its
 * timeouts runs. It is the last interceptor, so a lane has a connection for whatever it is given.
 *
 * - A slot is held until the response is over, since so long the connection is taken.
 * - Small requests, blobs that are read and blobs that are sent have slots of their own
 * (`Traffic`).
 * - A GET that resumes goes before the others: a request that is under way waits for its bytes.
 * - The parts of one upload keep a slot between them (`KeptSlots`): their content is open
 * meanwhile.
 * @throws the signal's reason; {RegistryError} NETWORK where the client is closed; what `afterWait`
 * throws.
 */
export function queue({ connections, cap, closing, afterWait }: QueueOptions): Interceptor {
  const hosts = new Map<string, HostSlots>();
  const limit = (): number => Math.min(connections, cap?.() ?? connections);

  function slotsOf(request: HttpRequest): HostSlots {
    const key = `${trafficOf(request)} ${request.url.origin}`;
    const known = hosts.get(key);
    if (known !== undefined) return known;
    const made = new HostSlots(limit);
    hosts.set(key, made);
    return made;
  }

  onAbort(closing, () => {
    for (const slots of hosts.values()) slots.close(closing.reason);
  });

  return (next) => {
    function send(request: HttpRequest, slots: HostSlots): Promise<HttpResponse> {
      const { keptSlots } = request;
      if (keptSlots === undefined) return next({ ...request, onFree: slots.releaser() });
      keptSlots.keep(slots);
      return next(request);
    }

    async function sendLater(request: HttpRequest, slots: HostSlots): Promise<HttpResponse> {
      await wait(request, slots);
      return send(request, slots);
    }

    return (request) => {
      const slots = slotsOf(request);
      if (request.keptSlots?.has(slots) === true) return next(request);
      return slots.take() ? send(request, slots) : sendLater(request, slots);
    };
  };

  async function wait(request: HttpRequest, slots: HostSlots): Promise<void> {
    const { signal, call, headers } = request;
    let [isHeld, isOver] = [false, false];
    const turn = async (): Promise<void> => {
      await slots.wait(signal, { first: headers["range"] !== undefined });
      if (isOver) return slots.release();
      isHeld = true;
      await afterWait?.(request);
    };
    try {
      signal?.throwIfAborted();
      if (closing.aborted) throw closing.reason;
      await (call?.whileWaiting === undefined ? turn() : call.whileWaiting(turn));
      if (!isHeld) throw new TypeError("whileWaiting() has not begun the wait, or not awaited it");
    } catch (error) {
      isOver = true;
      if (isHeld) slots.release();
      signal?.throwIfAborted();
      throw closing.aborted ? connectionFailure(closing.reason, request) : error;
    }
  }
}
