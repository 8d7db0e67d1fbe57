import type { ContentBuffer } from "./content-buffer.ts";

/** Content in memory: as many bytes as it will have, from the start. */
export class MemoryBuffer implements ContentBuffer {
  #bytes: Uint8Array;
  length = 0;

  /** @param size bytes of the whole content. */
  constructor(size: number) {
    this.#bytes = new Uint8Array(size);
  }

  async append(bytes: Uint8Array): Promise<void> {
    this.#bytes.set(bytes, this.length);
    this.length += bytes.length;
  }

  async read(into: Uint8Array, position: number): Promise<number> {
    const bytes = this.#bytes.subarray(position, Math.min(position + into.length, this.length));
    into.set(bytes);
    return bytes.length;
  }

  async close(): Promise<void> {
    this.#bytes = new Uint8Array();
    this.length = 0;
  }
}
