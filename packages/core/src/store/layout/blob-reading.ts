import type { FileHandle } from "node:fs/promises";
import { type SlabSource, slabContent } from "../../bytes/slab-content.ts";
import type { Descriptor } from "../../content/descriptor.ts";
import { StoreError } from "../../errors/errors.ts";
import { SMALL_BODY_BYTES } from "../../http/message/big-body.ts";
import { reading } from "../storage-failure.ts";
import { openRegularFile } from "./regular-file.ts";

export interface BlobReadingInit {
  /** The file, without links. */
  readonly path: string;
  readonly descriptor: Descriptor;
  readonly offset: number;
  /** What messages call the layout. */
  readonly name: string;
  readonly signal?: AbortSignal | undefined;
}

/** A blob's file from an offset to its end: big ones are lent in slabs. Nothing is opened before it is read. @throws {StoreError} as `BlobReading.fill`. */
export function readBlobFile(init: BlobReadingInit): AsyncIterable<Uint8Array> {
  const file = new BlobReading(init);
  return init.descriptor.size - init.offset > SMALL_BODY_BYTES ? slabContent(file) : readSmall(file);
}

async function* readSmall(file: BlobReading): AsyncGenerator<Uint8Array, void, void> {
  try {
    for (let left = file.left; left > 0; left = file.left) {
      const bytes = Buffer.allocUnsafeSlow(left);
      yield bytes.subarray(0, await file.fill(bytes));
    }
  } finally {
    await file.close();
  }
}

class BlobReading implements SlabSource {
  readonly signal: AbortSignal | undefined;
  readonly #init: BlobReadingInit;
  #position: number;
  #handle: FileHandle | undefined;

  constructor(init: BlobReadingInit) {
    this.#init = init;
    this.#position = init.offset;
    this.signal = init.signal;
  }

  /** Bytes that are still to be read. */
  get left(): number {
    return this.#init.descriptor.size - this.#position;
  }

  /** @throws {StoreError} SIZE_MISMATCH for a file that got shorter; LAYOUT_INVALID, STORAGE; the signal's reason. */
  async fill(into: Uint8Array): Promise<number> {
    const { path, descriptor, name } = this.#init;
    this.signal?.throwIfAborted();
    if (this.left === 0) return 0;
    const length = Math.min(into.length, this.left);
    const { bytesRead } = await reading(name, async () => {
      this.#handle ??= await openRegularFile(path);
      return this.#handle.read(into, 0, length, this.#position);
    });
    this.signal?.throwIfAborted();
    if (bytesRead === 0) throw wrongSize(descriptor, this.#position, name);
    this.#position += bytesRead;
    return bytesRead;
  }

  async close(): Promise<void> {
    await this.#handle?.close();
  }
}

/** A file that has another size than its blob. */
export function wrongSize({ digest, size }: Descriptor, actual: number, name: string): StoreError {
  return new StoreError(
    "SIZE_MISMATCH",
    `Cannot read "${digest}" from "${name}": the file has ${actual} bytes, not ${size}`,
  );
}
