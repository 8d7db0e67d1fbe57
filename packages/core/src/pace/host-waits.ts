import type { Sleep } from "./clock.ts";

/** A host asked for a wait that its requests keep. */
export interface HostWait {
  /** `host:port`. */
  readonly host: string;
  /** How long no request is sent to it from now on, in ms. */
  readonly delayMs: number;
  /** When that ends. */
  readonly endsAt: Date;
  /** What its requests have waited in all when that ends, in ms. */
  readonly waitedMs: number;
  /** The most that they wait in all, in ms. */
  readonly maxTotalMs: number;
}

/** A host asked for more than its requests may wait in all: they fail from now on. */
export interface HostWaitsSpent extends Omit<HostWait, "delayMs" | "endsAt"> {
  /** The time before which it wants no request. */
  readonly comeBackAt: Date;
}

/** The most that is waited in all, in ms, where single waits may take so long. */
export type WaitLimit = (singleMs: number) => number;

export interface HostWaitsOptions {
  readonly host: string;
  readonly limit: WaitLimit;
  /** A host that asked for no wait for so long, in ms, begins anew. Default: never. */
  readonly quietMs?: number | undefined;
  readonly onWait?: ((wait: HostWait) => void) | undefined;
  readonly onSpent?: ((spent: HostWaitsSpent) => void) | undefined;
}

/** A wait that a host asks for. Times are those of the client's clock, in ms. */
export interface AskedWait {
  readonly now: number;
  readonly delayMs: number;
  /** The longest single wait that the request allows, in ms. */
  readonly singleMs: number;
}

/** Why the waits are over. */
export interface SpentWaits {
  /** The time of the client's clock before which the host wants no request, in ms. */
  readonly comeBackAt: number;
  readonly maxTotalMs: number;
}

/** Sums of times are off by less, in ms. */
const ROUNDING_MS = 1;
/** Requests that are refused together are asked for nearly the same wait: what differs by less is one wait, in ms. */
const SAME_WAIT_MS = 1000;

/** What the requests of one run have waited for one host. */
export class HostWaits {
  readonly #options: HostWaitsOptions;
  #waitedMs = 0;
  /** Up to this time of the clock waits are counted. */
  #countedTo = Number.NEGATIVE_INFINITY;
  #spent: SpentWaits | undefined;
  /** Aborted when they are spent. */
  #end = new AbortController();

  constructor(options: HostWaitsOptions) {
    this.#options = options;
  }

  /** Undefined while requests may wait. */
  spentAt(now: number): SpentWaits | undefined {
    this.#forget(now);
    return this.#spent;
  }

  /** Aborted when they are spent; what waits for the host then has nothing left to wait for. */
  get ended(): AbortSignal {
    return this.#end.signal;
  }

  /** Counts a wait, as far as no other one counted that time. False: it would be too much, and from now on they are spent. */
  take({ now, delayMs, singleMs }: AskedWait): boolean {
    this.#forget(now);
    const { host, limit, onWait, onSpent } = this.#options;
    const until = now + delayMs;
    const more = until - Math.max(now, this.#countedTo);
    if (this.#spent !== undefined) {
      this.#spent = { ...this.#spent, comeBackAt: Math.max(until, this.#spent.comeBackAt) };
      return false;
    }
    const isSame = now < this.#countedTo && more < SAME_WAIT_MS;
    if (isSame || more <= 0) {
      this.#countedTo = Math.max(this.#countedTo, until);
      return true;
    }
    const maxTotalMs = limit(singleMs);
    const at = new Date(Date.now() + delayMs);
    if (this.#waitedMs + more > maxTotalMs + ROUNDING_MS) {
      this.#spent = { comeBackAt: until, maxTotalMs };
      onSpent?.({ host, waitedMs: this.#waitedMs, maxTotalMs, comeBackAt: at });
      this.#end.abort(new Error("The waits for the host are spent"));
      return false;
    }
    this.#waitedMs += more;
    this.#countedTo = until;
    onWait?.({ host, delayMs, endsAt: at, waitedMs: this.#waitedMs, maxTotalMs });
    return true;
  }

  /** Sleeps, but no longer than requests may wait for the host. @throws the signal's reason. */
  async rest(sleep: Sleep, ms: number, signal?: AbortSignal): Promise<void> {
    const { ended } = this;
    try {
      await sleep(ms, signal === undefined ? ended : AbortSignal.any([signal, ended]));
    } catch (error) {
      if (!ended.aborted || error !== ended.reason) throw error;
    }
  }

  /** A host that has been quiet begins anew. */
  #forget(now: number): void {
    const { quietMs } = this.#options;
    const last = Math.max(this.#countedTo, this.#spent?.comeBackAt ?? this.#countedTo);
    if (quietMs === undefined || now - last < quietMs) return;
    this.#waitedMs = 0;
    this.#countedTo = Number.NEGATIVE_INFINITY;
    this.#spent = undefined;
    if (this.#end.signal.aborted) this.#end = new AbortController();
  }
}
