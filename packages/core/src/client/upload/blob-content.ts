import { open } from "node:fs/promises";
import { Readable } from "node:stream";
import { ReadableStream } from "node:stream/web";
import { fileURLToPath } from "node:url";

/**
 * What a blob is uploaded from: bytes; the path or the `file:` URL of a file; or a stream (a Node Readable, a web ReadableStream, any AsyncIterable), which
 * is read once and closed.
 */
export type BlobContent = Uint8Array | string | URL | AsyncIterable<Uint8Array>;

/** Content as an upload reads it. */
export interface BlobSource {
  /** Whether it can be opened again, and is the same then. */
  readonly replayable: boolean;
  /** The pieces, in order. `return` closes the source, also while a piece is being waited for. */
  open(): AsyncIterator<Uint8Array>;
}

const READ_BYTES = 1024 * 1024;

/** @throws {TypeError} for what is none of `BlobContent`, and for a URL that names no file. */
export function blobSource(content: BlobContent): BlobSource {
  if (content instanceof Uint8Array) return { replayable: true, open: () => readBytes(content) };
  if (typeof content === "string") return { replayable: true, open: () => readFile(content) };
  if (content instanceof URL) {
    const path = fileURLToPath(content);
    return { replayable: true, open: () => readFile(path) };
  }
  if (content instanceof ReadableStream)
    return { replayable: false, open: () => readStream(Readable.fromWeb(content)) };
  if (content instanceof Readable) return { replayable: false, open: () => readStream(content) };
  if (typeof content === "object" && content !== null && Symbol.asyncIterator in content) {
    return { replayable: false, open: () => readForeign(content) };
  }
  throw new TypeError("Bad content of a blob: expected bytes, a path, a file: URL or a stream");
}

async function* readBytes(bytes: Uint8Array): AsyncGenerator<Uint8Array, void, void> {
  yield bytes;
}

async function* readFile(path: string): AsyncGenerator<Uint8Array, void, void> {
  const file = await open(path);
  try {
    for (;;) {
      const { bytesRead, buffer } = await file.read(Buffer.allocUnsafeSlow(READ_BYTES), 0, READ_BYTES);
      if (bytesRead === 0) return;
      yield buffer.subarray(0, bytesRead);
    }
  } finally {
    await file.close();
  }
}

/** A stream's own iterator can't be closed while it waits for a piece; destroying the stream can. */
function readStream(stream: Readable): AsyncIterator<Uint8Array> {
  const pieces: AsyncIterator<unknown> = stream[Symbol.asyncIterator]();
  return {
    next: async () => checked(await pieces.next()),
    return: async () => {
      stream.destroy();
      return { done: true, value: undefined };
    },
  };
}

/** A generator that waits for a piece can't be closed before it has it, so nobody waits for that. */
function readForeign(content: AsyncIterable<Uint8Array>): AsyncIterator<Uint8Array> {
  const pieces: AsyncIterator<unknown> = content[Symbol.asyncIterator]();
  let waiting = false;
  return {
    next: async () => {
      waiting = true;
      try {
        return checked(await pieces.next());
      } finally {
        waiting = false;
      }
    },
    return: async () => {
      const closed = Promise.resolve(pieces.return?.()).catch(() => {});
      if (!waiting) await closed;
      return { done: true, value: undefined };
    },
  };
}

function checked({ done, value }: IteratorResult<unknown, unknown>): IteratorResult<Uint8Array, undefined> {
  if (done === true) return { done: true, value: undefined };
  if (value instanceof Uint8Array) return { done: false, value };
  throw new TypeError(
    `Bad content of a blob: expected pieces of bytes, got ${typeof value}; set no encoding on the stream`,
  );
}
