import { type ConnectionOptions, connect } from "node:tls";

/** What a peer on this machine speaks. */
export type Scheme = "https:" | "http:";

export interface ProbeOptions {
  /** Bare: IPv6 without brackets. */
  readonly hostname: string;
  readonly port: number;
  readonly timeoutMs: number;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Whether a peer on this machine speaks TLS: offers it a handshake and nothing else, so no credential is ever shown to find out.
 * A TLS alert or a bad certificate is TLS. An answer that is no TLS, or a connection closed at once, is none.
 * Costs one connection, no request.
 * @throws the socket's error where there is no connection; the signal's reason.
 */
export function probeScheme(options: ProbeOptions): Promise<Scheme> {
  const { hostname, port, timeoutMs, signal } = options;
  const { promise, resolve, reject } = Promise.withResolvers<Scheme>();
  signal?.throwIfAborted();
  const offer: ConnectionOptions = { host: hostname, port, rejectUnauthorized: false, ALPNProtocols: ["http/1.1"] };
  const socket = connect(offer);
  let connected = false;
  const onAbort = (): void => {
    socket.destroy();
    reject(signal?.reason);
  };
  signal?.addEventListener("abort", onAbort, { once: true });
  socket.once("connect", () => {
    connected = true;
  });
  socket.once("secureConnect", () => resolve("https:"));
  socket.on("error", (error) => {
    if (!connected) reject(error);
    else resolve(isAlert(error) ? "https:" : "http:");
  });
  // Who stays silent is asked over https, and fails there with a message of its own.
  socket.setTimeout(timeoutMs, () => resolve("https:"));
  return promise.finally(() => {
    signal?.removeEventListener("abort", onAbort);
    socket.destroy();
  });
}

/** OpenSSL's codes for what the peer answered in TLS, as opposed to bytes that are no TLS record. */
function isAlert(error: Error): boolean {
  return /alert|no protocols available|unsupported protocol/i.test(error.message);
}
