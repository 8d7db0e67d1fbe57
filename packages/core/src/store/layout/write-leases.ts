import type { LeaseReader } from "../../bytes/lease.ts";

/** Writes content to its end, one piece while the next one is read. Memory: two pieces. @throws what `write` and the content threw, nothing being written any more. */
export async function writeLeases(
  leases: LeaseReader,
  write: (bytes: Uint8Array) => Promise<void>,
  signal: AbortSignal | undefined,
): Promise<void> {
  let written: Promise<void> = Promise.resolve();
  try {
    for (let lease = await leases.read(); lease !== undefined; lease = await leases.read()) {
      const { bytes } = lease;
      const isFree = written.then(() => signal?.throwIfAborted());
      written = isFree.then(() => write(bytes)).finally(lease.release);
      written.catch(() => undefined);
      await isFree;
    }
    await written;
  } catch (error) {
    await written.catch(() => undefined);
    await leases.close();
    throw error;
  }
}
