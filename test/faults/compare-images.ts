import assert from "node:assert/strict";
import {
  childrenOf,
  type Descriptor,
  type Digest,
  isManifestMediaType,
  type LayoutStore,
  parseManifest,
} from "@tranship/core";

/** Compares an image with the original, byte by byte: every manifest and every blob. Gives how many of each it read. */
export async function compareImages(
  original: LayoutStore,
  copied: LayoutStore,
  tags: { readonly original: string; readonly copied: string },
): Promise<{ readonly manifests: number; readonly blobs: number }> {
  const seen = new Set<Digest>();
  const count = { manifests: 0, blobs: 0 };
  async function compare(descriptor: Descriptor): Promise<void> {
    if (seen.has(descriptor.digest)) return;
    seen.add(descriptor.digest);
    if (!isManifestMediaType(descriptor.mediaType)) {
      await sameBytes(original, copied, descriptor);
      count.blobs += 1;
      return;
    }
    const bytes = Buffer.concat(await Array.fromAsync(await original.fetch(descriptor)));
    assert(bytes.equals(Buffer.concat(await Array.fromAsync(await copied.fetch(descriptor)))), descriptor.digest);
    count.manifests += 1;
    for (const child of childrenOf(parseManifest(bytes, descriptor.mediaType))) await compare(child);
  }
  const root = await original.resolve(tags.original);
  assert.equal((await copied.resolve(tags.copied)).digest, root.digest);
  await compare(root);
  return count;
}

async function sameBytes(original: LayoutStore, copied: LayoutStore, descriptor: Descriptor): Promise<void> {
  const theirs = (await copied.fetch(descriptor))[Symbol.asyncIterator]();
  let rest: Uint8Array = new Uint8Array(0);
  let size = 0;
  for await (const piece of await original.fetch(descriptor)) {
    size += piece.length;
    for (let at = 0; at < piece.length; ) {
      if (rest.length === 0) rest = (await theirs.next()).value ?? assert.fail(`${descriptor.digest} is short`);
      const length = Math.min(rest.length, piece.length - at);
      assert(Buffer.compare(rest.subarray(0, length), piece.subarray(at, at + length)) === 0, descriptor.digest);
      rest = rest.subarray(length);
      at += length;
    }
  }
  assert.equal(rest.length, 0);
  assert.equal((await theirs.next()).done, true, `${descriptor.digest} is long`);
  assert.equal(size, descriptor.size);
}
