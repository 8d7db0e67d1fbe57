import type { CopyEvent } from "./events.ts";

/** Requests to one host that failed and were sent again. */
export interface Retries {
  readonly count: number;
  /** Those among them where the host asked to wait. */
  readonly throttled: number;
  /** What was waited for in all, in ms; several may have waited at once. */
  readonly waitedMs: number;
}

/** By host. */
export type RetryCount = Readonly<Record<string, Retries>>;

/** Adds up what copies tell of requests that are sent again. Bound, so that it can be handed on. */
export class RetryCounter {
  readonly #hosts = new Map<string, Retries>();

  readonly onEvent = (event: CopyEvent): void => {
    if (event.type !== "retrying" && event.type !== "throttled") return;
    const { count, throttled, waitedMs } = this.#hosts.get(event.host) ?? { count: 0, throttled: 0, waitedMs: 0 };
    this.#hosts.set(event.host, {
      count: count + 1,
      throttled: throttled + (event.type === "throttled" ? 1 : 0),
      waitedMs: Math.round(waitedMs + event.delayMs),
    });
  };

  /** The sum so far. */
  result(): RetryCount {
    return Object.fromEntries(this.#hosts);
  }
}
