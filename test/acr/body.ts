import type { Answer, ServedRequest } from "tranship";

/** The form that a request carries. */
export async function readForm({ body }: ServedRequest): Promise<URLSearchParams> {
  return new URLSearchParams((await collect(body)).toString());
}

/** All bytes of a body. Memory: its size. */
export async function collect(body: Answer["body"]): Promise<Buffer> {
  if (body === undefined) return Buffer.alloc(0);
  if (typeof body === "string" || body instanceof Uint8Array) return Buffer.from(body);
  return Buffer.concat(await Array.fromAsync(body));
}

/** Bytes in memory as a body. */
export async function* bodyOf(bytes: Uint8Array): AsyncGenerator<Uint8Array, void, void> {
  if (bytes.length > 0) yield bytes;
}
