import { compose } from "../../packages/core/src/http/interceptor.ts";
import { Lanes, type LanesOptions } from "../../packages/core/src/http/lanes.ts";
import type { Send } from "../../packages/core/src/http/message/message.ts";
import { observe } from "../../packages/core/src/http/observe/observe.ts";
import type { Observer } from "../../packages/core/src/http/observe/observer.ts";
import { queue } from "../../packages/core/src/http/queue/queue.ts";
import { replay } from "../../packages/core/src/http/replay.ts";
import { sendByLane } from "../../packages/core/src/http/send-by-lane.ts";

export interface TransportOptions extends LanesOptions {
  readonly observers?: readonly Observer[] | undefined;
}

/** Sends single requests to any host, without authentication, redirects and retries. */
export interface Transport {
  readonly send: Send;
  /** Closes every connection; what is under way fails. */
  close(): Promise<void>;
}

/** The two lanes, and the last interceptors before them. */
export function createTransport(options: TransportOptions): Transport {
  const { connections, observers = [] } = options;
  const lanes = new Lanes(options);
  const lanesOf = (): Lanes => lanes;
  const closing = new AbortController();
  return {
    send: compose(sendByLane({ lanesOf, closing: closing.signal }), [
      replay({ lanesOf, connections }),
      observe(observers),
      queue({ connections, closing: closing.signal }),
    ]),
    async close() {
      closing.abort(new Error("the client was closed"));
      await lanes.close();
    },
  };
}
