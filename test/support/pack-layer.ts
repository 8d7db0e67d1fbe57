import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { createReadStream, createWriteStream } from "node:fs";
import { Transform, type TransformCallback } from "node:stream";
import { pipeline } from "node:stream/promises";
import { createGzip } from "node:zlib";
import { type Descriptor, type Digest, OCI_LAYER_GZIP, type Open } from "@tranship/core";

/** A layer in a file. */
export interface PackedLayer {
  readonly descriptor: Descriptor;
  /** The digest of the uncompressed archive, for the image's config. */
  readonly diffId: Digest;
  readonly open: Open;
}

/** Packs what tar's arguments select into a gzip layer at `file`; the whole is never in memory. */
export async function packLayer(selection: readonly string[], file: string): Promise<PackedLayer> {
  const tar = spawn("tar", ["--numeric-owner", "--sort=name", "-cf", "-", ...selection], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const closed = once(tar, "close");
  const [plain, packed] = [new Meter(), new Meter()];
  // Fast rather than small.
  await pipeline(tar.stdout, plain, createGzip({ level: 1 }), packed, createWriteStream(file));
  const [code] = await closed;
  if (code !== 0) throw new Error(`Cannot pack "${file}": tar ended with ${code}`);
  return {
    descriptor: { mediaType: OCI_LAYER_GZIP, digest: packed.digest(), size: packed.size },
    diffId: plain.digest(),
    open: async (offset) => createReadStream(file, { start: offset }),
  };
}

/** Passes the bytes on, and knows their size and digest in the end. */
class Meter extends Transform {
  size = 0;
  readonly #hash = createHash("sha256");

  override _transform(chunk: Buffer, _encoding: BufferEncoding, done: TransformCallback): void {
    this.#hash.update(chunk);
    this.size += chunk.length;
    done(null, chunk);
  }

  digest(): Digest {
    return `sha256:${this.#hash.digest("hex")}`;
  }
}
