import type { HttpHeaders, HttpRequest } from "../http/message/message.ts";
import { rateLimited } from "./rate-limited.ts";

/** Why nothing more is pulled, and for how long at most. */
export interface QuotaSpent {
  /** `3 of 100 pulls are left`. */
  readonly detail: string;
  /** Until the window ends, if it began when the last answer came, in ms. */
  readonly endsInMs: number;
}

interface Seen {
  readonly remaining: number;
  readonly limit: number | undefined;
  readonly windowMs: number;
  readonly at: number;
}

/**
 * The pulls that a registry says are left: `ratelimit-remaining: 76;w=21600` of Docker Hub, where each GET of a manifest counts and a HEAD does not. The window
 * slides, and when it began is not said.
 */
export class PullQuota {
  readonly #floor: number;
  #seen: Seen | undefined;

  /** @param floor Nothing is pulled while no more than this are left. */
  constructor(floor: number) {
    this.#floor = floor;
  }

  /** Takes note of an answer, of a HEAD too. */
  answered(headers: HttpHeaders, now: number): void {
    const remaining = parseQuota(headers["ratelimit-remaining"]);
    if (remaining === undefined) return;
    const limit = parseQuota(headers["ratelimit-limit"])?.count;
    this.#seen = { remaining: remaining.count, limit, windowMs: remaining.windowMs, at: now };
  }

  /** Counts a request that is about to be sent, if it is a pull. @throws {RegistryError} RATE_LIMITED where no more are left than the floor. */
  pull({ action, kind, method, url }: HttpRequest, now: number): void {
    if (kind !== "manifest" || method !== "GET") return;
    const spent = this.spent(now);
    if (spent === undefined) {
      this.pulling();
      return;
    }
    const floor = `the floor is ${this.#floor}; the window has ended by then, and may end sooner`;
    throw rateLimited(`Cannot ${action()}: ${spent.detail} at ${url.host}, and ${floor}`, {
      method,
      url: url.href,
      waitMs: spent.endsInMs,
    });
  }

  /** Undefined as long as more are left than the floor, as far as is known. */
  spent(now: number): QuotaSpent | undefined {
    if (this.#seen === undefined || this.#seen.remaining > this.#floor) return undefined;
    const { remaining, limit, windowMs, at } = this.#seen;
    const endsInMs = at + windowMs - now;
    if (endsInMs <= 0) return undefined;
    return { detail: `${remaining}${limit === undefined ? "" : ` of ${limit}`} pulls are left`, endsInMs };
  }

  /** A pull was sent whose answer is not there yet: what is under way together must not pass the floor together. */
  pulling(): void {
    if (this.#seen !== undefined) this.#seen = { ...this.#seen, remaining: this.#seen.remaining - 1 };
  }
}

/** `100;w=21600`: a count, and a window in s. */
function parseQuota(header: string | undefined): { readonly count: number; readonly windowMs: number } | undefined {
  const match = /^\s*(\d{1,12})\s*;(?:.*;)?\s*w\s*=\s*(\d{1,9})/.exec(header ?? "");
  return match === null ? undefined : { count: Number(match[1]), windowMs: Number(match[2]) * 1000 };
}
