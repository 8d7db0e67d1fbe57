import type { ServedRequest } from "tranship";

type Body = AsyncIterable<Uint8Array>;

/** The first bytes of a body; it ends there as if that were all. */
export async function* firstBytes(body: Body, count: number): AsyncGenerator<Uint8Array> {
  let left = count;
  for await (const piece of body) {
    yield piece.subarray(0, left);
    left -= piece.length;
    if (left <= 0) return;
  }
}

/** The first bytes of a body, in either direction; then the connection is reset. */
export async function* resetAfter(
  body: Body,
  count: number,
  request: Pick<ServedRequest, "reset">,
): AsyncGenerator<Uint8Array> {
  yield* firstBytes(body, count);
  request.reset();
  throw new Error("reset by the test");
}

/** The first bytes of a body, and then nothing until the client gives up. */
export async function* stalledAfter(
  body: Body,
  count: number,
  { signal }: Pick<ServedRequest, "signal">,
): AsyncGenerator<Uint8Array> {
  yield* firstBytes(body, count);
  await new Promise((resolve) => signal.addEventListener("abort", resolve, { once: true }));
  throw new Error("given up by the client");
}

export async function* mapped(body: Body, change: (piece: Uint8Array) => Uint8Array): AsyncGenerator<Uint8Array> {
  for await (const piece of body) yield change(piece);
}

/** A body in smaller pieces, each in a turn of its own. */
export async function* inPieces(body: Body, size: number): AsyncGenerator<Uint8Array> {
  for await (const piece of body) {
    for (let start = 0; start < piece.length; start += size) {
      await new Promise((resolve) => setImmediate(resolve));
      yield piece.subarray(start, start + size);
    }
  }
}
