import { once } from "node:events";
import { type IncomingHttpHeaders, request } from "node:http";
import { connect, type Socket } from "node:net";

/** An answer, read whole. */
export interface Reply {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

export interface SendOptions {
  readonly method?: string;
  /** Sent as it is, where a URL would tidy it up. */
  readonly path?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
}

/** One request on a connection of its own. Rejects where the connection breaks before the answer is whole. */
export async function send(
  url: string | URL,
  { method = "GET", path, headers = {}, body }: SendOptions = {},
): Promise<Reply> {
  const outgoing = request(url, {
    method,
    headers: { connection: "close", ...headers },
    agent: false,
    ...(path !== undefined && { path }),
  });
  // An answer that comes before the body was sent may be followed by EPIPE, which changes nothing.
  outgoing.on("error", () => undefined);
  outgoing.end(body);
  const [incoming] = await once(outgoing, "response");
  const pieces: Buffer[] = [];
  for await (const piece of incoming) pieces.push(piece);
  return { status: incoming.statusCode, headers: incoming.headers, body: Buffer.concat(pieces) };
}

/** The codes in the body of a refusal. */
export function codesOf(reply: Reply): readonly string[] {
  const parsed: { errors: { code: string }[] } = JSON.parse(reply.body.toString());
  return parsed.errors.map(({ code }) => code);
}

/** A request that announces more than it sends: the connection, after the bytes were handed to the system. */
export async function sendPart(url: URL, { method, announced, bytes, headers = {} }: PartialRequest): Promise<Socket> {
  const socket = connect(Number(url.port), url.hostname);
  socket.on("error", () => undefined);
  await once(socket, "connect");
  const lines = Object.entries({ host: url.host, "content-length": String(announced), ...headers });
  const head = [
    `${method} ${url.pathname}${url.search} HTTP/1.1`,
    ...lines.map(([name, value]) => `${name}: ${value}`),
  ];
  socket.write(`${head.join("\r\n")}\r\n\r\n`);
  const { promise, resolve } = Promise.withResolvers<void>();
  socket.write(bytes, () => resolve());
  await promise;
  return socket;
}

export interface PartialRequest {
  readonly method: string;
  /** Content-Length. */
  readonly announced: number;
  readonly bytes: Uint8Array;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Starts an upload: its absolute URL. */
export async function startUpload(registry: string, repository: string): Promise<URL> {
  const reply = await send(`${registry}/v2/${repository}/blobs/uploads/`, { method: "POST" });
  return new URL(reply.headers.location ?? "", registry);
}

/** The URL with the digest to commit under. */
export function withDigest(upload: URL, digest: string): URL {
  const url = new URL(upload);
  url.searchParams.set("digest", digest);
  return url;
}

/** Asks for the status until `bytes` have arrived: how many there are is up to the server, when they are there to the system. */
export async function untilArrived(upload: URL, bytes: number): Promise<void> {
  for (;;) {
    const { status, headers } = await send(upload);
    if (status !== 204) throw new Error(`The status of the upload was answered ${status}`);
    if (headers["range"] === `0-${bytes - 1}`) return;
  }
}

/** Pushes a blob in one request. */
export async function pushBlob(
  registry: string,
  repository: string,
  digest: string,
  bytes: Uint8Array,
): Promise<Reply> {
  const url = withDigest(new URL(`${registry}/v2/${repository}/blobs/uploads/`), digest);
  return send(url, { method: "POST", body: bytes });
}
