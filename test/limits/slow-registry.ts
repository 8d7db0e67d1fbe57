import { createHash } from "node:crypto";
import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { setTimeout as pause } from "node:timers/promises";
import { type Content, MemoryJournal, Registry, type RegistryOptions } from "@tranship/core";

/** Bodies over this many bytes go over the line; what is smaller is answered at once. */
const SMALL = 64 * 1024;
/** A body passes the line in so many parts. */
const PARTS = 3;

export interface SlowRegistryOptions {
  /** How long the line takes for the body of a big blob, in ms, in each direction. */
  readonly bodyMs: number;
  /** How long an answer without such a body takes, in ms. */
  readonly answerMs: number;
  /**
   * Bytes of a chunk, where the registry is known to take chunks. Default: each blob goes in one
   * PUT.
   */
  readonly chunkSize?: number | undefined;
}

/** How many there are now, and the most that there were. */
class Gauge {
  most = 0;
  #now = 0;

  async while<T>(work: () => Promise<T>): Promise<T> {
    this.add(1);
    try {
      return await work();
    } finally {
      this.add(-1);
    }
  }

  add(count: number): void {
    this.#now += count;
    this.most = Math.max(this.most, this.#now);
  }
}

/** A registry behind a slow line, which mounts nothing and counts what it is asked. */
export class SlowRegistry implements AsyncDisposable {
  readonly blobs = new Map<string, Buffer>();
  readonly manifests = new Map<string, { readonly mediaType: string; readonly bytes: Uint8Array }>();
  /** `METHOD kind`, with how often it was asked. */
  readonly asked: Record<string, number> = {};
  /** Bodies of big blobs that are read from it, and sent to it. */
  readonly reading = new Gauge();
  readonly writing = new Gauge();
  readonly sockets = new Gauge();
  readonly sessions = new Gauge();
  readonly #options: SlowRegistryOptions;
  readonly #uploads = new Map<string, Buffer[]>();
  readonly #open = new Set<Socket>();
  readonly #server = createServer((request, response) => {
    this.#serve(request, response).catch(() => request.socket.destroy());
  });
  #count = 0;

  private constructor(options: SlowRegistryOptions) {
    this.#options = options;
    this.#server.keepAliveTimeout = 60_000;
    this.#server.on("connection", (socket) => {
      this.#open.add(socket);
      this.sockets.add(1);
      socket.once("close", () => this.#open.delete(socket) && this.sockets.add(-1));
    });
  }

  static async start(options: SlowRegistryOptions): Promise<SlowRegistry> {
    const registry = new SlowRegistry(options);
    registry.#server.listen(0, "127.0.0.1");
    await once(registry.#server, "listening");
    return registry;
  }

  get host(): string {
    return `127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** A client that knows how the registry behaves, so that what it asks depends on nothing else. */
  async client(options: Omit<RegistryOptions, "journal">): Promise<Registry> {
    const { host } = options;
    const { chunkSize } = this.#options;
    const journal = new MemoryJournal();
    await journal.profiles.set(host, "existence", "proven");
    await journal.profiles.set(host, "singlePost", false);
    if (chunkSize !== undefined) await journal.profiles.set(host, "upload", "chunks");
    const uploads = chunkSize === undefined ? {} : { chunkSize };
    return new Registry({ ...options, journal, uploads });
  }

  put(repository: string, contents: readonly Content[]): void {
    for (const { descriptor, bytes } of contents)
      this.blobs.set(`${repository}@${descriptor.digest}`, Buffer.from(bytes));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#open) socket.destroy();
    this.#server.close();
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { pathname, searchParams } = new URL(request.url ?? "", "http://registry");
    const [, repository = "", kind = "", last = ""] =
      /^\/v2\/(.+?)\/(blobs\/uploads|blobs|manifests|referrers|tags)\/([^/]*)$/.exec(pathname) ?? [];
    const what = `${request.method} ${kind}`;
    this.asked[what] = (this.asked[what] ?? 0) + 1;
    if (kind === "blobs/uploads") return this.#upload(request, response, { repository, id: last, searchParams });
    if (this.#options.answerMs > 0) await pause(this.#options.answerMs);
    const key = `${repository}@${last}`;
    if (kind === "blobs") return this.#blob(request, response, this.blobs.get(key));
    if (kind !== "manifests") return void response.writeHead(404).end();
    if (request.method === "PUT") {
      const bytes = Buffer.concat(await request.toArray());
      const stored = { mediaType: request.headers["content-type"] ?? "", bytes };
      this.manifests.set(key, stored);
      this.manifests.set(`${repository}@sha256:${createHash("sha256").update(bytes).digest("hex")}`, stored);
      return void response.writeHead(201).end();
    }
    const found = this.manifests.get(key);
    if (found === undefined) return void response.writeHead(404).end();
    response.writeHead(200, { "content-type": found.mediaType, "content-length": found.bytes.length });
    response.end(request.method === "HEAD" ? undefined : found.bytes);
  }

  async #blob(request: IncomingMessage, response: ServerResponse, bytes: Buffer | undefined): Promise<void> {
    if (bytes === undefined) return void response.writeHead(404).end();
    response.writeHead(200, { "content-length": bytes.length });
    if (request.method === "HEAD") return void response.end();
    if (bytes.length <= SMALL) return void response.end(bytes);
    await this.reading.while(async () => {
      for (let part = 0; part < PARTS; part += 1) {
        await pause(this.#options.bodyMs / PARTS);
        const [start, end] = [part, part + 1].map((at) => Math.floor((bytes.length * at) / PARTS));
        if (part < PARTS - 1 && !response.write(bytes.subarray(start, end))) await once(response, "drain");
        if (part === PARTS - 1) response.end(bytes.subarray(start));
      }
    });
  }

  async #upload(
    request: IncomingMessage,
    response: ServerResponse,
    { repository, id, searchParams }: { repository: string; id: string; searchParams: URLSearchParams },
  ): Promise<void> {
    const length = Number(request.headers["content-length"] ?? 0);
    const body =
      length > SMALL ? await this.writing.while(() => this.#slowly(request, length)) : await request.toArray();
    if (length <= SMALL && this.#options.answerMs > 0) await pause(this.#options.answerMs);
    const location = (session: string): string => `/v2/${repository}/blobs/uploads/${session}`;
    if (request.method === "POST") {
      this.#count += 1;
      this.#uploads.set(String(this.#count), []);
      this.sessions.add(1);
      return void response.writeHead(202, { location: location(String(this.#count)) }).end();
    }
    const parts = this.#uploads.get(id);
    if (parts === undefined) return void response.writeHead(404).end();
    parts.push(...body);
    if (request.method === "PATCH") return void response.writeHead(202, { location: location(id) }).end();
    this.#uploads.delete(id);
    this.sessions.add(-1);
    if (request.method === "DELETE") return void response.writeHead(204).end();
    const whole = Buffer.concat(parts);
    const digest = `sha256:${createHash("sha256").update(whole).digest("hex")}`;
    if (searchParams.get("digest") !== digest) return void response.writeHead(400).end();
    this.blobs.set(`${repository}@${digest}`, whole);
    response.writeHead(201).end();
  }

  async #slowly(request: IncomingMessage, length: number): Promise<Buffer[]> {
    const pieces: Buffer[] = [];
    let [taken, waited] = [0, 0];
    for await (const piece of request) {
      pieces.push(piece);
      taken += piece.length;
      while (waited < PARTS && taken >= (length * (waited + 1)) / PARTS) {
        waited += 1;
        await pause(this.#options.bodyMs / PARTS);
      }
    }
    return pieces;
  }
}
