import { createSecureContext } from "node:tls";
import type { MinRate } from "../../arguments/bounds.ts";
import { listening } from "../../arguments/listening.ts";
import { isLoopback } from "../../browsers/allowed-hosts.ts";
import { UsageError } from "../../errors/usage-error.ts";
import { readLimited } from "../../files/read-limited.ts";
import { type ServeOptions, serve } from "../../serve/serve.ts";
import type { ServeLimits } from "../../serve/serve-limits.ts";
import { print } from "../../terminal/output.ts";
import { printWarning } from "../../terminal/warning.ts";

const MAX_PEM_BYTES = 1024 * 1024;

export interface ServeFlags {
  readonly port: number;
  readonly host: string;
  readonly writable?: boolean | undefined;
  readonly anonymousWrite?: boolean | undefined;
  readonly allowedHost?: readonly string[] | undefined;
  readonly htpasswd?: string | undefined;
  readonly tlsCert?: string | undefined;
  readonly tlsKey?: string | undefined;
  readonly maxConnections?: number | undefined;
  readonly maxUploads?: number | undefined;
  /** In ms. */
  readonly uploadAge?: number | undefined;
  readonly maxSize?: number | undefined;
  readonly minRate?: MinRate | undefined;
  readonly quiet?: boolean | undefined;
}

/** Serves a folder until the signal aborts, which is how it ends well. @throws {UsageError} for a folder that can't be served, and a port that is taken. */
export async function serveAction(directory: string, flags: ServeFlags, signal: AbortSignal): Promise<void> {
  const { port, host, writable, anonymousWrite, allowedHost: allowedHosts, htpasswd } = flags;
  const dir = directory.replace(/^oci:/, "");
  const tls = await readTls(flags, signal);
  const limits = limitsOf(flags);
  const server = await listening(
    () => serve({ dir, port, host, writable, htpasswd, anonymousWrite, allowedHosts, tls, limits, onFailure }),
    `${host}:${port}`,
  );
  if (htpasswd !== undefined && tls === undefined && !isLoopback(host))
    printWarning("passwords come in the clear: speak TLS with --tls-cert and --tls-key, or behind a proxy that does");
  for (const name of server.hiddenNames)
    printWarning(`"${name}" shares its tag with another image of the layout: it is served by its digest alone`);
  try {
    if (flags.quiet !== true) {
      const who = htpasswd === undefined ? "" : `, for the users in "${htpasswd}"`;
      print(`Serving "${dir}" at ${server.address}, ${writable === true ? "read and write" : "read only"}${who}`);
      print(
        `  try       tranship ${server.repository === undefined ? `repos ${server.address}` : `ls ${server.address}/${server.repository}`}`,
      );
    }
    await aborted(signal);
  } finally {
    await server.close();
  }
}

/** @throws {UsageError} where a file can't be read, or one of the two is missing. */
async function readTls({ tlsCert, tlsKey }: ServeFlags, signal: AbortSignal): Promise<ServeOptions["tls"]> {
  if (tlsCert === undefined && tlsKey === undefined) return undefined;
  if (tlsCert === undefined || tlsKey === undefined) throw new UsageError("--tls-cert and --tls-key need each other");
  const [cert, key] = await Promise.all(
    [tlsCert, tlsKey].map((path) => readLimited(path, { limit: MAX_PEM_BYTES, signal })),
  );
  const tls = { cert: Buffer.from(cert ?? []), key: Buffer.from(key ?? []) };
  try {
    createSecureContext(tls);
  } catch (cause) {
    const detail = cause instanceof Error ? cause.message : String(cause);
    throw new UsageError(`Cannot speak TLS with "${tlsCert}" and "${tlsKey}": ${detail}`, { cause });
  }
  return tls;
}

function limitsOf({ maxConnections, maxUploads, uploadAge, maxSize, minRate }: ServeFlags): ServeLimits {
  return {
    connections: maxConnections,
    uploads: maxUploads,
    uploadAgeMs: uploadAge,
    bytes: maxSize,
    minBytesPerSecond: minRate?.bytesPerSecond,
    rateWindowMs: minRate?.windowMs,
  };
}

function onFailure(error: unknown, request: string): void {
  printWarning(`${request}: ${error instanceof Error ? error.message : String(error)}`);
}

function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
}
