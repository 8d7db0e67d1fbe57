import { createWriteStream, type WriteStream } from "node:fs";
import { finished } from "node:stream/promises";

/** Bytes that may wait for the disk before the client is made to wait. */
const BUFFER_BYTES = 1024 * 1024;
const NOTHING = new Uint8Array(0);

/** Appends to a file; pieces that come while the disk is busy are written together. */
export class AppendFile {
  readonly #stream: WriteStream;
  #failure: Error | undefined;

  /** The file must exist. */
  constructor(path: string) {
    this.#stream = createWriteStream(path, { flags: "a", highWaterMark: BUFFER_BYTES });
    this.#stream.on("error", (error) => {
      this.#failure = error;
    });
  }

  /** Takes the bytes over. Resolves when more may come. @throws the error of the file system (ENOSPC, …). */
  async write(piece: Uint8Array): Promise<void> {
    if (this.#failure !== undefined) throw this.#failure;
    if (!this.#stream.write(piece)) await this.flush();
  }

  /** Resolves when everything that was taken over until now is in the file. @throws the error of the file system. */
  async flush(): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.#stream.write(NOTHING, (error) => (error ? reject(this.#failure ?? error) : resolve()));
    await promise;
  }

  /** Writes what waits and closes the file. @throws the error of the file system. */
  async close(): Promise<void> {
    this.#stream.end();
    await finished(this.#stream);
  }
}
