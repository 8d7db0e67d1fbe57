/** What is handed to the connection at once: a kept one that dies before it took more was dead already, and the rest goes over another one. */
const SLICE_BYTES = 64 * 1024;

/** Bytes in memory as a body. */
export async function* slices(bytes: Uint8Array): AsyncGenerator<Uint8Array, void, void> {
  for (let at = 0; at < bytes.length; at += SLICE_BYTES) yield bytes.subarray(at, at + SLICE_BYTES);
}
