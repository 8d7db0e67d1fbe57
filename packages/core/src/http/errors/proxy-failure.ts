import { codeOf, innermost } from "./error-code.ts";

/** A connection to a proxy, or a tunnel through it, that was not made. */
export class ProxyFailure extends Error {
  override readonly name = "ProxyFailure";
  /** The status with which the proxy refused; undefined where it sent none. */
  readonly status: number | undefined;

  constructor(message: string, options: { readonly cause: unknown; readonly status?: number | undefined }) {
    super(message, { cause: options.cause });
    this.status = options.status;
  }
}

/** The proxy's failure in what undici reports of a request; undefined where the request failed for another reason. */
export function proxyFailureOf(error: unknown): ProxyFailure | undefined {
  const cause = innermost(error);
  if (cause instanceof ProxyFailure) return cause;
  const code = codeOf(cause);
  const message = cause instanceof Error ? cause.message : "";
  const status = statusIn(code, message);
  return status === undefined ? undefined : new ProxyFailure(message, { cause, status });
}

/** Whether a proxy refused in a way that no retry changes: it wants credentials, or its rules forbid the host. */
export function isFinalProxyRefusal(error: unknown): boolean {
  const status = proxyFailureOf(error)?.status ?? 0;
  return status >= 400 && status < 500 && ![408, 425, 429].includes(status);
}

/** undici says a refused CONNECT, and a 407 to a request over http, by a message alone. */
function statusIn(code: string, message: string): number | undefined {
  const refused = code === "UND_ERR_ABORTED" ? /^Proxy response \((\d+)\)/.exec(message) : null;
  const wanted = code === "UND_ERR_INVALID_ARG" ? /^Proxy Authentication Required \((\d+)\)$/.exec(message) : null;
  const status = (refused ?? wanted)?.[1];
  return status === undefined ? undefined : Number(status);
}
