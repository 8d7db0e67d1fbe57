import { print } from "../output.ts";
import { serve } from "../serve/serve.ts";
import { readingInput, UsageError } from "../usage-error.ts";

export interface ServeFlags {
  readonly port: number;
  readonly host: string;
  readonly writable?: boolean | undefined;
  readonly quiet?: boolean | undefined;
}

/** Serves a folder until the signal aborts, which is how it ends well. @throws {UsageError} for a folder that can't be served, and a port that is taken. */
export async function serveAction(directory: string, flags: ServeFlags, signal: AbortSignal): Promise<void> {
  const { port, host, writable } = flags;
  const dir = directory.replace(/^oci:/, "");
  const server = await listening(() => serve({ dir, port, host, writable }), `${host}:${port}`);
  try {
    if (flags.quiet !== true) {
      print(`Serving "${dir}" at ${server.address}, ${writable === true ? "read and write" : "read only"}`);
      print(
        `  try       tranship ${server.repository === undefined ? `repos ${server.address}` : `ls ${server.address}/${server.repository}`}`,
      );
    }
    await aborted(signal);
  } finally {
    await server.close();
  }
}

async function listening<T>(start: () => Promise<T>, address: string): Promise<T> {
  try {
    return await readingInput(start);
  } catch (error) {
    const reason = error instanceof Error && "code" in error ? REASONS[String(error.code)] : undefined;
    if (reason === undefined) throw error;
    throw new UsageError(`Cannot listen at ${address}: ${reason}`, { cause: error });
  }
}

const REASONS: Readonly<Record<string, string>> = {
  EADDRINUSE: "another program does",
  EACCES: "a port below 1024 needs rights that this user lacks",
  EADDRNOTAVAIL: "this machine has no such address",
  ENOTFOUND: "there is no such host",
};

function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
}
