import { RegistryError } from "../errors.ts";

/** What a RATE_LIMITED is made from. */
export interface RateLimitedInit {
  readonly method: string;
  readonly url: string;
  /** The answer that said so, where there was one. */
  readonly cause?: unknown;
  /** How long until the host may be asked again. */
  readonly waitMs: number;
}

/** The error for a host that wants to be left alone for longer than the user allows: the message ends with the time to come back. */
export function rateLimited(message: string, { method, url, cause, waitMs }: RateLimitedInit): RegistryError {
  const back = new Date(Date.now() + waitMs).toISOString();
  const { status, errors } = cause instanceof RegistryError ? cause : {};
  return new RegistryError("RATE_LIMITED", `${message}; come back at ${back}`, {
    ...(cause === undefined ? {} : { cause }),
    method,
    url,
    errors: errors ?? [],
    retryAfterMs: waitMs,
    ...(status === undefined ? {} : { status }),
  });
}

export function isRateLimited(error: unknown): boolean {
  return error instanceof RegistryError && error.code === "RATE_LIMITED";
}
