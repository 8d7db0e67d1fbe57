import { listening } from "../listening.ts";
import { print } from "../output.ts";
import { serve } from "../serve/serve.ts";
import { printWarning } from "../warning.ts";

export interface ServeFlags {
  readonly port: number;
  readonly host: string;
  readonly writable?: boolean | undefined;
  readonly anonymousWrite?: boolean | undefined;
  readonly allowedHost?: readonly string[] | undefined;
  readonly quiet?: boolean | undefined;
}

/** Serves a folder until the signal aborts, which is how it ends well. @throws {UsageError} for a folder that can't be served, and a port that is taken. */
export async function serveAction(directory: string, flags: ServeFlags, signal: AbortSignal): Promise<void> {
  const { port, host, writable, anonymousWrite, allowedHost: allowedHosts } = flags;
  const dir = directory.replace(/^oci:/, "");
  const server = await listening(
    () => serve({ dir, port, host, writable, anonymousWrite, allowedHosts, onFailure }),
    `${host}:${port}`,
  );
  for (const name of server.hiddenNames)
    printWarning(`"${name}" shares its tag with another image of the layout: it is served by its digest alone`);
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

function onFailure(error: unknown, request: string): void {
  printWarning(`${request}: ${error instanceof Error ? error.message : String(error)}`);
}

function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
}
