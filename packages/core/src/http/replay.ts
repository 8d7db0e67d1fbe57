import type { Interceptor } from "./interceptor.ts";
import type { Lanes } from "./lanes.ts";
import { asLostAnswer, isOddAnswer, isRepeatable } from "./lenient/odd-head.ts";
import type { HttpRequest, SentExchange } from "./message/message.ts";

export interface ReplayOptions {
  readonly lanesOf: (request: HttpRequest) => Lanes;
  /** Connections to one host: each of them may have died idle. */
  readonly connections: number;
}

/**
 * Chooses the lane of a request, and sends the request again where that is no retry: by the other
 * lane where the first cannot carry it, and on another connection where
 * a kept one died before it answered. Where a strict parser refuses the answer of a host, its
 * answers are read leniently from then on, and the request is sent again if it may be repeated;
 * otherwise its answer counts as lost.
 */
export function replay({ lanesOf, connections }: ReplayOptions): Interceptor {
  return (next) => async (request) => {
    const lanes = lanesOf(request);
    let carrier = lanes.carrierOf(request);
    for (let replays = 0; ; ) {
      let exchange: SentExchange | undefined;
      const onSent = (sent: SentExchange): void => {
        exchange = sent;
      };
      try {
        return await next({ ...request, carrier, onSent });
      } catch (error) {
        const other = lanes.carrierAfter(error, request);
        // Several requests may find out at once what a host does not speak: each goes another way,
        // once.
        if (other !== undefined && other.because !== carrier.because) {
          if (isOddAnswer(error) && !isRepeatable(request)) throw asLostAnswer(error);
          carrier = other;
          continue;
        }
        if (request.signal?.aborted || exchange?.diedUnanswered !== true || replays >= connections) throw error;
        // Each connection that died idle can disturb a request once; after them all, a new one is
        // made.
        replays += 1;
      }
    }
  };
}
