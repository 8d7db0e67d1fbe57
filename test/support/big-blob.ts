import { createHash } from "node:crypto";
import { type Descriptor, OCI_LAYER } from "@tranship/core";

const PIECE = 256 * 1024;

/** A blob whose bytes follow from their place, so that any of it can be made at any time and nothing of it is kept. `size` is a multiple of 256 KiB. */
export class BigBlob {
  readonly descriptor: Descriptor;

  constructor(size: number) {
    if (size % PIECE !== 0) throw new RangeError(`Bad size ${size}: expected a multiple of ${PIECE}`);
    const hash = createHash("sha256");
    for (let at = 0; at < size; at += PIECE) hash.update(pieceAt(at));
    this.descriptor = { mediaType: OCI_LAYER, digest: `sha256:${hash.digest("hex")}`, size };
  }

  /** Its bytes from an offset to its end, in pieces of at most 256 KiB. */
  async *from(offset: number): AsyncGenerator<Uint8Array, void, void> {
    for (let at = offset; at < this.descriptor.size; ) {
      const start = at - (at % PIECE);
      const piece = pieceAt(start).subarray(at - start);
      at += piece.length;
      yield piece;
    }
  }
}

function pieceAt(start: number): Uint8Array {
  const piece = Buffer.alloc(PIECE, createHash("sha256").update(`${start}`).digest());
  piece.writeDoubleLE(start, 0);
  return piece;
}
