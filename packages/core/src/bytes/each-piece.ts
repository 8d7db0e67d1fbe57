import { leasesOf } from "./lease.ts";

/**
 * Hands the pieces of content over one after the other, and waits for each. A piece is lent until `take` has settled, so nothing is copied. Where it gives false, the
 * content is let go.
 * @throws what the content or `take` throws.
 */
export async function eachPiece(
  content: AsyncIterable<Uint8Array>,
  take: (bytes: Uint8Array) => Promise<boolean>,
): Promise<void> {
  const leases = leasesOf(content);
  try {
    for (;;) {
      const lease = await leases.read();
      if (lease === undefined) return;
      try {
        if (!(await take(lease.bytes))) return;
      } finally {
        lease.release();
      }
    }
  } finally {
    await leases.close();
  }
}
