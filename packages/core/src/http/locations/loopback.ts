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
  const offer: ConnectionOptions = {
    host: hostname,
    port,
    rejectUnauthorized: false,
    ALPNProtocols: ["http/1.1"],
    // No roots are read, which takes longer than the probe: no certificate is trusted or refused here.
    ca: [],
  };
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
    else resolve(speaksNoTls(error) ? "http:" : "https:");
  });
  // Who stays silent is asked over https, and fails there with a message of its own.
  socket.setTimeout(timeoutMs, () => resolve("https:"));
  return promise.finally(() => {
    signal?.removeEventListener("abort", onAbort);
    socket.destroy();
  });
}

/** The peer answered with bytes that are no TLS record, or hung up on the offer. Any other failure is one of TLS. */
function speaksNoTls(error: Error & { readonly code?: string }): boolean {
  if (error.code === "ECONNRESET" || error.code === "EPIPE") return true;
  return /wrong version number|packet length too long|http request|record layer failure|unexpected eof/i.test(
    error.message,
  );
}
