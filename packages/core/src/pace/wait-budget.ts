import { type HostWait, HostWaits, type HostWaitsSpent, type WaitLimit } from "./host-waits.ts";

/** How long requests wait in all for hosts that ask for patience. */
export interface WaitBudgetOptions {
  /**
   * The most that the requests to one host wait in all, in ms; 0: they never wait. Then they fail with
   * RATE_LIMITED.
   * Default: 30 min, or the longest single wait that is allowed (`maxRetryAfterMs`) if that is more.
   */
  readonly maxTotalMs?: number | undefined;
  /** A host that asked for no wait for so long, in ms, begins anew. Default: only `reset()` does that. */
  readonly quietMs?: number | undefined;
  /** Told before each wait. */
  readonly onWait?: ((wait: HostWait) => void) | undefined;
  /** Told once for a host, when its waits are spent. */
  readonly onSpent?: ((spent: HostWaitsSpent) => void) | undefined;
}

/** What the requests to one host wait in all by default, in ms. */
export const MAX_TOTAL_WAIT_MS: number = 30 * 60_000;

/**
 * How long the requests of one run wait in all for each host that asks for patience (429, or 5xx with
 * Retry-After). Requests that wait at the same time count once. When a host asks for more, everything
 * left for it fails at once with RATE_LIMITED and the time to come back; other hosts go on.
 * Registries that are given the same budget share it, whoever they ask as. A redirect's host and a token
 * service are hosts of their own.
 */
export class WaitBudget {
  readonly #options: WaitBudgetOptions;
  readonly #hosts = new Map<string, HostWaits>();

  /** @throws {RangeError} for times that are not 0 or more. */
  constructor(options: WaitBudgetOptions = {}) {
    checkMs("maxTotalMs", options.maxTotalMs);
    checkMs("quietMs", options.quietMs);
    this.#options = options;
  }

  /** Begins a new run: what was waited so far no longer counts. */
  reset(): void {
    this.#hosts.clear();
  }

  /** @internal What the requests to a host have waited. @param host `host:port`. */
  of(host: string): HostWaits {
    // A URL leaves a scheme's own port out.
    const key = host.replace(/:(?:80|443)$/, "");
    const known = this.#hosts.get(key);
    if (known !== undefined) return known;
    const { quietMs, onWait, onSpent } = this.#options;
    const waits = new HostWaits({ host: key, limit: this.#limit, quietMs, onWait, onSpent });
    this.#hosts.set(key, waits);
    return waits;
  }

  readonly #limit: WaitLimit = (singleMs) => this.#options.maxTotalMs ?? Math.max(MAX_TOTAL_WAIT_MS, singleMs);
}

/** That of a client which is given none. It may live long, so a host that was quiet begins anew. */
export function ownWaitBudget(): WaitBudget {
  return new WaitBudget({ quietMs: MAX_TOTAL_WAIT_MS });
}

function checkMs(name: string, ms: number | undefined): void {
  if (ms === undefined || ms >= 0) return;
  throw new RangeError(`invalid ${name} ${ms}: expected ms from 0`);
}
