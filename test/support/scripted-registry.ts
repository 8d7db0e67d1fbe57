import { createHash } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";

/** A request as a script sees it. */
export interface ScriptedRequest {
  readonly method: string;
  /** Path and query as they came. */
  readonly path: string;
  readonly headers: IncomingMessage["headers"];
  /** Reads the whole body. */
  readonly body: () => Promise<Buffer>;
  /** Reads until so many bytes came, then destroys the connection. What came is for who wants to keep it. */
  readonly breakAfter: (bytes: number) => Promise<Buffer>;
}

export interface ScriptedAnswer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string | number>>;
  readonly body?: string | Uint8Array;
  /** The connection is destroyed after so many bytes of the body. */
  readonly breakAfter?: number;
  /** Bytes of the body come one by one, every few ms, again and again: it has no end. */
  readonly drips?: boolean;
}

/** Looks at each request first. Undefined: the registry answers as it would. "dropped": the script has destroyed the connection. */
export type Script = (
  request: ScriptedRequest,
) => ScriptedAnswer | "dropped" | undefined | Promise<ScriptedAnswer | "dropped" | undefined>;

export interface ScriptedRegistry extends AsyncDisposable {
  /** `127.0.0.1:PORT` */
  readonly host: string;
  /** `METHOD /path?query`, in the order in which they came. */
  readonly log: string[];
  /** By `REPOSITORY@DIGEST`. */
  readonly blobs: Map<string, Uint8Array>;
  /** By `REPOSITORY:TAG` and `REPOSITORY@DIGEST`. */
  readonly manifests: Map<string, { readonly mediaType: string; readonly bytes: Uint8Array }>;
  /** Open uploads by id. */
  readonly uploads: Map<string, Buffer>;
}

export function sha256(bytes: Uint8Array): `sha256:${string}` {
  return `sha256:${createHash("sha256").update(bytes).digest("hex")}`;
}

/** A registry in memory on a real socket that answers as distribution 2.8 does, but where the script says otherwise. */
export async function scriptedRegistry(script: Script = () => undefined): Promise<ScriptedRegistry> {
  const state = {
    log: [] as string[],
    blobs: new Map<string, Uint8Array>(),
    manifests: new Map<string, { readonly mediaType: string; readonly bytes: Uint8Array }>(),
    uploads: new Map<string, Buffer>(),
    opened: { count: 0 },
  };
  const server = createServer((message, response) => {
    const { socket } = message;
    void serve(message, response).catch(() => socket.destroy());
  });
  async function serve(message: IncomingMessage, response: ServerResponse): Promise<void> {
    const request = scripted(message);
    state.log.push(`${request.method} ${request.path}`);
    const answer = (await script(request)) ?? (await usual(state, request));
    if (answer === "dropped") return;
    const body = Buffer.from(answer.body ?? "");
    const chunked = answer.drips === true ? "chunked" : undefined;
    const framing = answer.headers?.["content-length"] ?? answer.headers?.["transfer-encoding"] ?? chunked;
    response.writeHead(answer.status, {
      ...(framing === undefined && answer.status !== 204 ? { "content-length": body.length } : {}),
      ...answer.headers,
    });
    if (request.method === "HEAD") response.end();
    else if (answer.drips === true) drip(response, body);
    else if (answer.breakAfter === undefined) response.end(body);
    else response.write(body.subarray(0, answer.breakAfter), () => response.destroy());
  }
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  return {
    host: `127.0.0.1:${address.port}`,
    ...state,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function drip(response: ServerResponse, body: Buffer): void {
  let at = 0;
  const timer = setInterval(() => {
    response.write(body.subarray(at % body.length, (at % body.length) + 1));
    at += 1;
  }, 5);
  response.on("close", () => clearInterval(timer));
}

function scripted(message: IncomingMessage): ScriptedRequest {
  // Gone from the message once it was read.
  const { socket } = message;
  return {
    method: message.method ?? "",
    path: message.url ?? "",
    headers: message.headers,
    body: async () => Buffer.concat(await message.toArray()),
    breakAfter: async (bytes) => {
      const read: Buffer[] = [];
      let length = 0;
      for await (const piece of message) {
        read.push(piece);
        length += piece.length;
        if (length >= bytes) break;
      }
      socket.destroy();
      return Buffer.concat(read);
    },
  };
}

interface State extends Pick<ScriptedRegistry, "blobs" | "manifests" | "uploads"> {
  /** How many uploads were ever opened: each has an id of its own. */
  readonly opened: { count: number };
}

async function usual(state: State, request: ScriptedRequest): Promise<ScriptedAnswer> {
  const { pathname, searchParams } = new URL(request.path, "http://registry");
  const match = /^\/v2\/(.+)\/(blobs\/uploads|blobs|manifests|tags)\/([^/]*)$/.exec(pathname);
  if (match === null) return pathname === "/v2/" ? { status: 200 } : { status: 404, body: "404 page not found" };
  const [, repository = "", what, last = ""] = match;
  if (what === "blobs/uploads") return upload(state, request, repository, last, searchParams);
  if (what === "blobs") return blob(state, request, repository, last);
  if (what === "manifests") return manifest(state, request, repository, last);
  const prefix = `${repository}:`;
  const tags = [...state.manifests.keys()]
    .filter((key) => key.startsWith(prefix))
    .map((key) => key.slice(prefix.length));
  return { status: 200, body: JSON.stringify({ name: repository, tags }) };
}

async function upload(
  { blobs, uploads, opened }: State,
  request: ScriptedRequest,
  repository: string,
  id: string,
  query: URLSearchParams,
): Promise<ScriptedAnswer> {
  const location = (session: string) => ({ location: `/v2/${repository}/blobs/uploads/${session}?state=a%2Fb~c` });
  if (request.method === "POST") {
    const mounted = blobs.get(`${query.get("from")}@${query.get("mount")}`);
    if (mounted !== undefined) {
      blobs.set(`${repository}@${query.get("mount")}`, mounted);
      return { status: 201 };
    }
    opened.count += 1;
    const session = `upload-${opened.count}`;
    uploads.set(session, Buffer.alloc(0));
    return { status: 202, headers: location(session) };
  }
  const received = uploads.get(id);
  if (received === undefined) return failed(404, "BLOB_UPLOAD_UNKNOWN");
  const range = (length: number) => ({ range: `0-${Math.max(0, length - 1)}` });
  if (request.method === "GET") return { status: 204, headers: { ...location(id), ...range(received.length) } };
  if (request.method === "DELETE") {
    uploads.delete(id);
    return { status: 204 };
  }
  const whole = Buffer.concat([received, await request.body()]);
  if (request.method === "PATCH") {
    uploads.set(id, whole);
    return { status: 202, headers: { ...location(id), ...range(whole.length) } };
  }
  const digest = query.get("digest") ?? "";
  const [algorithm = "", hex] = digest.split(":");
  if (createHash(algorithm).update(whole).digest("hex") !== hex) return failed(400, "DIGEST_INVALID");
  uploads.delete(id);
  blobs.set(`${repository}@${digest}`, whole);
  return { status: 201 };
}

function blob({ blobs }: State, request: ScriptedRequest, repository: string, digest: string): ScriptedAnswer {
  const body = blobs.get(`${repository}@${digest}`);
  if (body === undefined) return failed(404, "BLOB_UNKNOWN");
  if (request.method === "DELETE") {
    blobs.delete(`${repository}@${digest}`);
    return { status: 202 };
  }
  const start = /^bytes=(\d+)-$/.exec(request.headers.range ?? "")?.[1];
  if (start === undefined) return { status: 200, body, headers: { "content-length": body.length } };
  const part = body.subarray(Number(start));
  return {
    status: 206,
    body: part,
    headers: { "content-range": `bytes ${start}-${body.length - 1}/${body.length}`, "content-length": part.length },
  };
}

async function manifest(
  { manifests }: State,
  request: ScriptedRequest,
  repository: string,
  reference: string,
): Promise<ScriptedAnswer> {
  const key = reference.includes(":") ? `${repository}@${reference}` : `${repository}:${reference}`;
  if (request.method === "PUT") {
    const bytes = await request.body();
    const stored = { mediaType: request.headers["content-type"] ?? "", bytes };
    manifests.set(key, stored).set(`${repository}@${sha256(bytes)}`, stored);
    return { status: 201, headers: { "docker-content-digest": sha256(bytes) } };
  }
  if (request.method === "DELETE" && !reference.includes(":")) return failed(400, "DIGEST_INVALID");
  const stored = manifests.get(key);
  if (stored === undefined) return failed(404, "MANIFEST_UNKNOWN");
  if (request.method === "DELETE") {
    for (const [name, { bytes }] of manifests) if (sha256(bytes) === reference) manifests.delete(name);
    return { status: 202 };
  }
  const digest = sha256(stored.bytes);
  const headers = {
    "docker-content-digest": digest,
    "content-type": stored.mediaType,
    "content-length": stored.bytes.length,
  };
  return { status: 200, headers, body: stored.bytes };
}

export function failed(status: number, code: string): ScriptedAnswer {
  return {
    status,
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ errors: [{ code, message: code.toLowerCase() }] }),
  };
}
