import { once } from "node:events";
import { createServer, type Server } from "node:http";
import { createServer as createTlsServer } from "node:https";
import { AllowedHosts, isLoopback } from "../browsers/allowed-hosts.ts";
import type { Hook } from "./exchange.ts";
import { handle, type OnFailure } from "./handle.ts";
import { openRegistry } from "./storage/open-registry.ts";
import type { RegistryFolder } from "./storage/registry-folder.ts";
import { takeRequests } from "./take-requests.ts";

/** How long an idle connection is kept for the client's next request, in ms. Copies pause between phases. */
const KEEP_ALIVE_MS = 60_000;
const HEADERS_TIMEOUT_MS = 60_000;

/** What is served, and where. */
export interface ServeOptions {
  /** An OCI layout, a folder of layouts, or an empty folder. */
  readonly dir: string;
  /** Default 0: a free one. */
  readonly port?: number | undefined;
  /** Default `127.0.0.1`: nobody but this machine. */
  readonly host?: string | undefined;
  /** Whether it takes content. Default false: what is not GET or HEAD is answered 405. */
  readonly writable?: boolean | undefined;
  /** Allows `writable` at another address than a loopback one, where everybody who reaches it may write. Default false. */
  readonly anonymousWrite?: boolean | undefined;
  /** PEM. Default: plain HTTP. */
  readonly tls?: { readonly key: string | Buffer; readonly cert: string | Buffer } | undefined;
  /**
   * Names and addresses, without a port, that requests may have in their Host header beside `localhost`, loopback
   * addresses and `host`, or any address where `host` is `0.0.0.0` or `::`. Default: none.
   */
  readonly allowedHosts?: readonly string[] | undefined;
  /** Stands between every request and its answer. */
  readonly hook?: Hook | undefined;
  /** Told what went wrong with the folder while a request was answered: the answer names no file of the server. */
  readonly onFailure?: OnFailure | undefined;
}

/** A server that takes requests. */
export interface RunningServer {
  readonly host: string;
  readonly port: number;
  /** `127.0.0.1:5000`, as image references name it. */
  readonly address: string;
  /** `http://127.0.0.1:5000`. */
  readonly url: string;
  /** The name of the one repository, where the folder is a layout itself. */
  readonly repository: string | undefined;
  /** Whole names of images in that layout that share their tag with another one: they are had by digest alone. */
  readonly hiddenNames: readonly string[];
  /**
   * Takes no more connections and ends the idle ones; requests under way get `graceMs` (default 1000) to end before they are cut.
   * Resolves when nothing of them runs on: what arrived of cut uploads is on the disk.
   */
  close(options?: { readonly graceMs?: number }): Promise<void>;
}

/**
 * Serves a folder as a registry. Memory: about 2 MiB for each request that carries a blob, whatever its size.
 * Spec: distribution-spec v1.1.1, all endpoints; and `_catalog`.
 * @throws {RangeError} where everybody could write; {SyntaxError} for an invalid host of `allowedHosts`.
 * @throws {StoreError} LAYOUT_INVALID where the folder is none of those that are served; the error of the system where the port is taken.
 */
export async function serve({
  dir,
  port = 0,
  host = "127.0.0.1",
  writable = false,
  anonymousWrite = false,
  tls,
  allowedHosts,
  hook,
  onFailure,
}: ServeOptions): Promise<RunningServer> {
  if (writable && !anonymousWrite && !isLoopback(host)) {
    throw new RangeError(
      `Cannot serve "${dir}" writable at "${host}": everybody who reaches it could write without credentials; listen at 127.0.0.1, or allow it with --anonymous-write (anonymousWrite)`,
    );
  }
  let allowed = new AllowedHosts({ host, names: allowedHosts });
  const registry = await openRegistry(dir, { writable });
  const options = {
    keepAliveTimeout: KEEP_ALIVE_MS,
    headersTimeout: HEADERS_TIMEOUT_MS,
    // No limit for a request: big blobs over slow lines take hours.
    requestTimeout: 0,
    // `refuseBrowser` looks at it, and its answer has the headers that every answer has.
    requireHostHeader: false,
  };
  const server: Server = tls === undefined ? createServer(options) : createTlsServer({ ...options, ...tls });
  const running = takeRequests(server, (wire) => handle({ registry, allowed, hook, onFailure }, wire));
  server.listen(port, host);
  await once(server, "listening");
  const bound = server.address();
  if (bound === null || typeof bound === "string")
    throw new TypeError(`Bad host "${host}": expected an IP address or a name`);
  allowed = new AllowedHosts({ host, address: bound.address, names: allowedHosts });
  const address = `${host.includes(":") ? `[${host}]` : host}:${bound.port}`;
  return {
    host,
    port: bound.port,
    address,
    url: `${tls === undefined ? "http" : "https"}://${address}`,
    repository: registry.folder.single,
    hiddenNames: await hiddenNames(registry.folder),
    close: (closeOptions) => close(server, running, closeOptions?.graceMs ?? 1000),
  };
}

async function hiddenNames(folder: RegistryFolder): Promise<readonly string[]> {
  return folder.single === undefined ? [] : (await folder.repository(folder.single)).hiddenNames();
}

async function close(server: Server, running: ReadonlySet<Promise<void>>, graceMs: number): Promise<void> {
  const closed = once(server, "close");
  server.close();
  const timer = setTimeout(() => server.closeAllConnections(), graceMs);
  await closed;
  clearTimeout(timer);
  await Promise.all(running);
}
