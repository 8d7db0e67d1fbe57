import type { Socket } from "node:net";
import { Duplex } from "node:stream";
import type { HttpRequest } from "../message/message.ts";
import { LenientChunks } from "./lenient-chunks.ts";
import { type LenientHead, lenientHeadEnd, parseLenientHead } from "./lenient-head.ts";

/** Headers of this connection alone. */
const OF_CONNECTION: ReadonlySet<string> = new Set(["connection", "proxy-connection", "upgrade", "trailer"]);

/**
 * A connection whose responses are rewritten to strict HTTP/1.1 as they come. A strict parser on
 * top of it then reads what Go's net/http reads, and whatever the lenient reader does not
 * understand fails with a BadHeadError. After a response that was odd the connection closes.
 * Requests pass unchanged, one at a time. Memory: one head, and the stream's own buffers.
 */
export class NormalizedSocket extends Duplex {
  readonly #socket: Socket;
  #pending: Buffer = Buffer.alloc(0);
  #method: HttpRequest["method"] | undefined;
  /** Bytes of the heads before the final one: they count against its limit. */
  #informational = 0;
  #head: LenientHead | undefined;
  #chunks: LenientChunks | undefined;
  #left = 0;
  #isOdd = false;
  #ended = false;

  constructor(socket: Socket) {
    super({ allowHalfOpen: false });
    this.#socket = socket;
    socket.on("data", (bytes: Buffer) => this.#receive(bytes));
    socket.on("end", () => this.#endReading());
    socket.on("error", (error) => this.destroy(error));
    socket.on("close", () => {
      if (!this.#ended) this.destroy();
    });
  }

  get localAddress(): string | undefined {
    return this.#socket.localAddress;
  }

  get remoteAddress(): string | undefined {
    return this.#socket.remoteAddress;
  }

  get bytesRead(): number {
    return this.#socket.bytesRead;
  }

  get bytesWritten(): number {
    return this.#socket.bytesWritten;
  }

  ref(): this {
    this.#socket.ref();
    return this;
  }

  unref(): this {
    this.#socket.unref();
    return this;
  }

  override _read(): void {
    this.#socket.resume();
  }

  override _write(chunk: Buffer, encoding: BufferEncoding, callback: (error?: Error | null) => void): void {
    // undici sends the next request only after the whole response to the one before it.
    if (this.#method === undefined) {
      const [method] = /^[A-Z]+(?= )/.exec(chunk.toString("latin1", 0, 16)) ?? [];
      this.#method = method as HttpRequest["method"] | undefined;
    }
    this.#socket.write(chunk, encoding, callback);
  }

  override _final(callback: (error?: Error | null) => void): void {
    this.#socket.end(() => callback());
  }

  override _destroy(error: Error | null, callback: (error: Error | null) => void): void {
    this.#socket.destroy();
    callback(error);
  }

  #receive(bytes: Buffer): void {
    if (this.#ended) return;
    try {
      let rest = bytes;
      while (rest.length > 0 && !this.#ended) {
        rest = this.#head === undefined ? this.#readHead(rest) : this.#readBody(this.#head, rest);
      }
    } catch (error) {
      this.destroy(error instanceof Error ? error : new Error("the response cannot be read", { cause: error }));
    }
  }

  /** Returns what follows the head. */
  #readHead(bytes: Buffer): Buffer {
    const method = this.#method;
    if (method === undefined) {
      // Bytes that answer no request.
      this.#endReading();
      return bytes.subarray(bytes.length);
    }
    const came = this.#pending.length === 0 ? bytes : Buffer.concat([this.#pending, bytes]);
    const end = lenientHeadEnd(came, this.#informational);
    if (end === undefined) {
      this.#pending = came;
      return bytes.subarray(bytes.length);
    }
    this.#pending = Buffer.alloc(0);
    const head = parseLenientHead(came.subarray(0, end), method);
    if (head.status < 200) {
      this.#informational += end;
      // An unasked 100 is one that a strict reader refuses.
      this.#isOdd = true;
    } else this.#begin(head);
    return came.subarray(end);
  }

  #begin(head: LenientHead): void {
    const { framing } = head;
    this.#head = head;
    this.#isOdd ||= head.isOdd;
    if (framing.kind === "length") this.#left = framing.length;
    if (framing.kind === "chunked") this.#chunks = new LenientChunks();
    this.#hand(normalHead(head, head.keepAlive && !this.#isOdd && framing.kind !== "close"));
    if (framing.kind === "length" && framing.length === 0) this.#finish();
  }

  /** Returns what follows the body. */
  #readBody({ framing }: LenientHead, bytes: Buffer): Buffer {
    if (framing.kind === "close") {
      this.#hand(bytes);
      return bytes.subarray(bytes.length);
    }
    if (this.#chunks === undefined) {
      const data = bytes.subarray(0, this.#left);
      this.#left -= data.length;
      this.#hand(data);
      if (this.#left === 0) this.#finish();
      return bytes.subarray(data.length);
    }
    const used = this.#chunks.read(bytes, (data) => {
      this.#hand(Buffer.from(`${data.length.toString(16)}\r\n`));
      this.#hand(data);
      this.#hand(Buffer.from("\r\n"));
    });
    if (this.#chunks.isOver) {
      this.#isOdd ||= this.#chunks.isOdd;
      this.#hand(Buffer.from("0\r\n\r\n"));
      this.#finish();
    }
    return bytes.subarray(used);
  }

  /** The whole response came. */
  #finish(): void {
    this.#head = undefined;
    this.#chunks = undefined;
    this.#method = undefined;
    this.#informational = 0;
    if (this.#isOdd) this.#endReading();
  }

  #hand(bytes: Buffer): void {
    if (bytes.length > 0 && !this.push(bytes)) this.#socket.pause();
  }

  #endReading(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.push(null);
    // Until the peer closes its side, nothing more of it is kept.
    this.#socket.resume();
  }
}

function normalHead({ status, headers, framing, statedLength }: LenientHead, keepAlive: boolean): Buffer {
  const lines = [`HTTP/1.1 ${status} `];
  for (const [name, value] of headers) {
    if (!OF_CONNECTION.has(name)) lines.push(`${name}: ${value}`);
  }
  if (framing.kind === "chunked") lines.push("transfer-encoding: chunked");
  else if (statedLength !== undefined) lines.push(`content-length: ${statedLength}`);
  if (!keepAlive) lines.push("connection: close");
  return Buffer.from(`${lines.join("\r\n")}\r\n\r\n`, "latin1");
}
