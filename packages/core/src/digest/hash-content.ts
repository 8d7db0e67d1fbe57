import { leasesOf } from "../bytes/lease.ts";
import { algorithmOf, type Digest, hasherFor } from "./digest.ts";

/** What content is, whatever it was expected to be. */
export interface HashedContent {
  /** By the algorithm of the digest that was asked for. */
  readonly digest: Digest;
  /** Bytes. */
  readonly size: number;
}

/** Reads content to its end and hashes it by the algorithm of `digest`. Memory: one piece. */
export async function hashContent(content: AsyncIterable<Uint8Array>, digest: Digest): Promise<HashedContent> {
  const leases = leasesOf(content);
  const hash = hasherFor(digest);
  let size = 0;
  for (let lease = await leases.read(); lease !== undefined; lease = await leases.read()) {
    hash.update(lease.bytes);
    size += lease.bytes.length;
    lease.release();
  }
  return { digest: `${algorithmOf(digest)}:${hash.digest("hex")}`, size };
}
