import { open } from "node:fs/promises";
import { Readable } from "node:stream";
import { storageFailure } from "../../store/storage-failure.ts";
import type { Open } from "../../store/store.ts";
import { quoted } from "../../text/quoted.ts";
import { filePath } from "../file-path.ts";

/**
 * What a blob is uploaded from: bytes; the path or the `file:` URL of a file; a Blob or File of the web; or a stream (a Node Readable, a web ReadableStream,
 * any AsyncIterable), which is read once and closed.
 */
export type BlobContent = Uint8Array | string | URL | Blob | AsyncIterable<Uint8Array>;

/** Content as an upload reads it: what can be opened again at any offset, and is the same then, or a stream, which can't. */
export type BlobSource =
  | { readonly kind: "bytes"; readonly bytes: Uint8Array }
  | { readonly kind: "opened"; readonly open: Open }
  /** The pieces, in order. `return` closes the source, also while a piece is being waited for. */
  | { readonly kind: "stream"; open(): AsyncIterator<Uint8Array> };

const READ_BYTES = 1024 * 1024;

/** @throws {TypeError} for what is none of `BlobContent`, and for a URL that names no file. */
export function blobSource(content: BlobContent): BlobSource {
  if (content instanceof Uint8Array) return { kind: "bytes", bytes: content };
  if (typeof content === "string" || content instanceof URL) return fileSource(filePath(content));
  if (content instanceof Blob)
    return { kind: "opened", open: async (offset) => Readable.fromWeb(content.slice(offset).stream()) };
  if (content instanceof ReadableStream) return { kind: "stream", open: () => readStream(Readable.fromWeb(content)) };
  if (content instanceof Readable) return { kind: "stream", open: () => readStream(content) };
  if (typeof content === "object" && content !== null && Symbol.asyncIterator in content) {
    return { kind: "stream", open: () => readForeign(content) };
  }
  throw new TypeError("Bad content of a blob: expected a Uint8Array, a path, a file: URL, a Blob or a stream");
}

function fileSource(path: string): BlobSource {
  return { kind: "opened", open: async (offset) => readFile(path, offset) };
}

async function* readFile(path: string, offset: number): AsyncGenerator<Uint8Array, void, void> {
  const failure = (error: unknown): unknown => storageFailure(`read ${quoted(path)}`, error);
  const file = await open(path).catch((error: unknown) => {
    throw failure(error);
  });
  try {
    for (let at = offset; ; ) {
      const { bytesRead, buffer } = await file.read(Buffer.allocUnsafeSlow(READ_BYTES), 0, READ_BYTES, at);
      if (bytesRead === 0) return;
      at += bytesRead;
      yield buffer.subarray(0, bytesRead);
    }
  } catch (error) {
    throw failure(error);
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
