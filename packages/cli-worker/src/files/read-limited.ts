import { createReadStream } from "node:fs";
import process from "node:process";
import { addAbortSignal } from "node:stream";
import { UsageError } from "../errors/usage-error.ts";

/** The whole of a file, or of stdin where there is no path, as it is. @throws {UsageError} for more bytes than the limit, or a file that can't be read. */
export async function readLimited(
  path: string | undefined,
  { limit, signal }: { readonly limit: number; readonly signal: AbortSignal },
): Promise<Uint8Array> {
  const stream = addAbortSignal(signal, path === undefined ? process.stdin : createReadStream(path));
  const chunks: Uint8Array[] = [];
  let length = 0;
  const name = path === undefined ? "stdin" : `"${path}"`;
  try {
    for await (const chunk of stream) {
      chunks.push(Buffer.from(chunk));
      length += chunk.length;
      if (length > limit) throw new UsageError(`Cannot read ${name}: it has more than ${limit} bytes`);
    }
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof UsageError) throw error;
    const detail = error instanceof Error ? error.message : String(error);
    throw new UsageError(`Cannot read ${name}: ${detail}`, { cause: error });
  }
  return Buffer.concat(chunks);
}
