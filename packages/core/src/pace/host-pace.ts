import { refusedConnection } from "../http/errors/connection-failure.ts";
import { trafficOf } from "../http/message/big-body.ts";
import type { HttpRequest, HttpResponse, Send } from "../http/message/message.ts";
import { parseRetryAfter } from "../http/message/retry-after.ts";
import { AdaptiveLimit, type Turn } from "./adaptive-limit.ts";
import { type BackoffOptions, backoff } from "./backoff.ts";
import type { Clock } from "./clock.ts";
import { HostGate } from "./host-gate.ts";
import type { HostWaits } from "./host-waits.ts";
import { PullQuota } from "./pull-quota.ts";
import { rateLimited, waitsSpent } from "./rate-limited.ts";

/** How one host is paced. */
export interface HostPaceOptions extends BackoffOptions {
  readonly clock: Clock;
  /** Aborted when the client is closed, which ends what waits. */
  readonly closing?: AbortSignal | undefined;
  /**
   * Requests that wait for an answer at once, at most; as many again for big blobs that are read.
   * Those that are sent are limited by the queue.
   */
  readonly concurrency: number;
  /** A lower limit that holds at the moment. Default: none. */
  readonly cap?: (() => number | undefined) | undefined;
  /** The longest wait that the host may ask for, in ms, where the call does not say. Default 2 min. */
  readonly maxRetryAfterMs?: number | undefined;
  /** What its requests have waited in this run. */
  readonly waits: () => HostWaits;
  /** No manifest is read while the host says that no more than so many pulls are left. Default: what the host says is not looked at. */
  readonly pullFloor?: number | undefined;
  /** Told when all requests to the host are held back. */
  readonly onHeld?: ((held: Held) => void) | undefined;
}

/** A host asked for patience, or refused for want of it. */
export interface Held {
  /** How long no request is sent to it, in ms. */
  readonly delayMs: number;
  /** How many may then wait for an answer at once. */
  readonly concurrency: number;
  readonly status: number;
}

/** Small requests at once before it has shown how long a host takes to answer: on a quick one more would only cost connections. */
const FIRST_AT_ONCE = 8;

/** The wait that a RetryPolicy allows by default. */
export const MAX_RETRY_AFTER_MS = 120_000;

/**
 * The pace of one host, which every request to it keeps, whoever sends it.
 *
 * - What a 429 or a passing 5xx tells to wait (`Retry-After`) is waited by all requests; without such a word all wait as long as a backoff says.
 * - Requests that wait for the head of an answer are limited, and the limit adapts: it begins at 8,
 *   and is doubled while answers take long. A body under way, in either direction, holds no turn:
 *   what it waits for may be another request to the same host, in a copy within one registry. Big
 *   blobs that are read have a limit of their own: nothing small waits for a blob that stalls.
 * - Waiting holds no connection, and no turn of another host. The slot that an upload kept for its
 *   next part is released.
 */
export class HostPace {
  readonly #options: HostPaceOptions;
  readonly #gate: HostGate;
  readonly #small: AdaptiveLimit;
  readonly #reads: AdaptiveLimit;
  /**
   * No limit: the queue has one. A turn that was held while a part of an upload waits there would
   * keep the next part from the slot that it has already.
   */
  readonly #writes: AdaptiveLimit;
  readonly #quota: PullQuota | undefined;
  /** Since the last good answer; those of requests that were under way together count once. */
  #refusals = 0;

  constructor(options: HostPaceOptions) {
    this.#options = options;
    this.#gate = new HostGate(options.clock);
    const { concurrency: most, cap, clock, closing } = options;
    this.#small = new AdaptiveLimit({ most, start: FIRST_AT_ONCE, cap, now: () => clock.idle(), closing });
    this.#reads = new AdaptiveLimit({ most, cap, closing });
    this.#writes = new AdaptiveLimit({ most: Number.POSITIVE_INFINITY });
    this.#quota = options.pullFloor === undefined ? undefined : new PullQuota(options.pullFloor);
  }

  /** How long no request will be sent to the host, in ms; 0 when it takes them. */
  get heldForMs(): number {
    return this.#gate.closedForMs;
  }

  /**
   * Sends the request when its time has come.
   * @throws {RegistryError} RATE_LIMITED where that is later than allowed, or would make the waits of the run longer than
   * allowed in all; what `send` throws; the signal's reason.
   */
  async send(request: HttpRequest, send: Send): Promise<HttpResponse> {
    this.#checkSpent(request);
    const turn = await this.#turn(request);
    try {
      this.#quota?.pull(request, this.#options.clock.now());
      const response = await send(withTurn(request, turn));
      const isRefused = this.#answered(response, turn, request);
      if (isRefused) await this.#checkRefused(response, request);
      return response;
    } catch (error) {
      turn.judge(refusedConnection(error) ? "refused" : "void");
      throw error;
    } finally {
      turn.end();
    }
  }

  /**
   * Waits as long as the host wants no requests.
   * @throws {RegistryError} RATE_LIMITED where that is longer than allowed; the signal's reason.
   */
  async pass(request: HttpRequest): Promise<void> {
    this.#checkSpent(request);
    if (this.heldForMs === 0 || endsUpload(request)) return;
    request.keptSlots?.release();
    const { clock, closing, waits } = this.#options;
    const { ended } = waits();
    const signals = [request.signal, closing, ended].filter((signal) => signal !== undefined);
    const check = (delayMs: number): void => {
      const singleMs = this.#checkWait(request, delayMs);
      if (!waits().take({ now: clock.now(), delayMs, singleMs })) this.#checkSpent(request);
    };
    try {
      await this.#gate.pass(check, AbortSignal.any(signals));
    } catch (error) {
      if (error === ended.reason) this.#checkSpent(request);
      throw error;
    }
  }

  async #turn(request: HttpRequest): Promise<Turn> {
    const limit = this.#limitOf(request);
    if (limit.free && this.heldForMs === 0) return limit.turn(request.signal);
    const { call = {} } = request;
    let turn: Turn | undefined;
    const wait = async (): Promise<void> => {
      turn = await this.#wait(request);
    };
    await (call.whileWaiting === undefined ? wait() : call.whileWaiting(wait));
    if (turn === undefined) throw new TypeError("whileWaiting() has not begun the wait, or not awaited it");
    return turn;
  }

  async #wait(request: HttpRequest): Promise<Turn> {
    const turn = await this.#limitOf(request).turn(request.signal);
    try {
      await this.pass(request);
      return turn;
    } catch (error) {
      turn.end();
      throw error;
    }
  }

  #limitOf(request: HttpRequest): AdaptiveLimit {
    const traffic = trafficOf(request);
    if (traffic === "small") return this.#small;
    return traffic === "read" ? this.#reads : this.#writes;
  }

  /** The longest single wait that a request allows, in ms. */
  #allowedWait({ call }: HttpRequest): number {
    return call?.retry?.maxRetryAfterMs ?? this.#options.maxRetryAfterMs ?? MAX_RETRY_AFTER_MS;
  }

  /** Gives the longest wait that is allowed, in ms. @throws {RegistryError} RATE_LIMITED where this one is longer. */
  #checkWait(request: HttpRequest, waitMs: number): number {
    const allowed = this.#allowedWait(request);
    if (waitMs <= allowed) return allowed;
    const { action, method, url } = request;
    throw rateLimited(`Cannot ${action()}: ${url.host} asked for no more requests for now`, {
      method,
      url: url.href,
      waitMs,
    });
  }

  /** @throws {RegistryError} RATE_LIMITED where the waits of the run are spent. */
  #checkSpent(request: HttpRequest, status?: number): void {
    const now = this.#options.clock.now();
    const spent = this.#options.waits().spentAt(now);
    if (spent !== undefined && !endsUpload(request)) throw waitsSpent(request, spent, now, status);
  }

  /** The same for a request that the host refused, which would wait to be retried. A call that is not retried gets the response. */
  async #checkRefused({ body, status }: HttpResponse, request: HttpRequest): Promise<void> {
    if (request.call?.retry?.attempts === 1) return;
    try {
      this.#checkSpent(request, status);
    } catch (error) {
      await body.drop();
      throw error;
    }
  }

  /** Whether the host is held because of the answer. */
  #answered({ status, headers }: HttpResponse, turn: Turn, request: HttpRequest): boolean {
    this.#quota?.answered(headers, this.#options.clock.now());
    const told = status === 429 || status >= 500 ? parseRetryAfter(headers["retry-after"]) : undefined;
    if (told === undefined && status !== 429 && status !== 503) {
      turn.judge(status >= 500 ? "void" : "clean");
      if (status < 500) this.#refusals = 0;
      return false;
    }
    const isFirst = turn.judge("refused");
    if (isFirst) this.#refusals += 1;
    if (told !== undefined) this.#hold(told, status, request);
    else if (isFirst) this.#hold(backoff(this.#refusals, this.#options), status, request);
    return true;
  }

  #hold(delayMs: number, status: number, request: HttpRequest): void {
    const before = this.heldForMs;
    this.#gate.closeFor(delayMs);
    const singleMs = this.#allowedWait(request);
    // A longer one is waited by nobody, or by a call with more patience, which counts it then.
    if (delayMs <= singleMs) this.#options.waits().take({ now: this.#options.clock.now(), delayMs, singleMs });
    if (delayMs <= before) return;
    const concurrency = Math.min(this.#small.limit, this.#reads.limit);
    this.#options.onHeld?.({ delayMs, concurrency, status });
  }
}

/** A body that is a stream gives the turn back when it begins. */
function withTurn(request: HttpRequest, turn: Turn): HttpRequest {
  const { body } = request;
  if (body === undefined) return request;
  return {
    ...request,
    body: () => {
      const content = body();
      if (!(content instanceof Uint8Array)) turn.end();
      return content;
    },
  };
}

/** Cancelling asks nothing of a host that wants to be left alone: it takes work off it, and left out it would leave an upload open there. */
function endsUpload({ kind, method }: HttpRequest): boolean {
  return kind === "upload" && method === "DELETE";
}
