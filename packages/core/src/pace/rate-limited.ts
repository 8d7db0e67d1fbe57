import { RegistryError } from "../errors/errors.ts";
import type { HttpRequest } from "../http/message/message.ts";
import type { SpentWaits } from "./host-waits.ts";

/** What a RATE_LIMITED is made from. */
export interface RateLimitedInit {
  readonly method: string;
  readonly url: string;
  /** The answer that said so, where there was one. */
  readonly cause?: unknown;
  /** The status of that answer, where its error is not the cause. */
  readonly status?: number | undefined;
  /** How long until the host may be asked again. */
  readonly waitMs: number;
}

/** The error for a host that wants to be left alone for longer than the user allows: the message ends with the time to come back. */
export function rateLimited(message: string, { method, url, cause, waitMs, ...init }: RateLimitedInit): RegistryError {
  const back = new Date(Date.now() + waitMs).toISOString();
  const { status = init.status, errors } = cause instanceof RegistryError ? cause : {};
  return new RegistryError("RATE_LIMITED", `${message}; come back at ${back}`, {
    ...(cause === undefined ? {} : { cause }),
    method,
    url,
    errors: errors ?? [],
    retryAfterMs: waitMs,
    ...(status === undefined ? {} : { status }),
  });
}

/** The error where a host asks for more waits than the run has for it. @param now of the client's clock, in ms. */
export function waitsSpent(
  { action, method, url }: HttpRequest,
  spent: SpentWaits,
  now: number,
  status?: number,
): RegistryError {
  const { host, href } = url;
  const allowed = `this run has waited for it as long as it may (${Math.round(spent.maxTotalMs / 1000)} s in all)`;
  const waitMs = Math.max(0, spent.comeBackAt - now);
  return rateLimited(`Cannot ${action()}: ${host} asked to wait again, and ${allowed}`, {
    method,
    url: href,
    status,
    waitMs,
  });
}

export function isRateLimited(error: unknown): boolean {
  return error instanceof RegistryError && error.code === "RATE_LIMITED";
}
