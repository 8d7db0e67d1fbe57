import { once } from "node:events";
import { createServer, type Server } from "node:http";
import { createServer as createTlsServer } from "node:https";
import { AllowedHosts, isLoopback } from "../browsers/allowed-hosts.ts";
import { BasicAccess } from "./access/basic-access.ts";
import type { Hook } from "./exchange.ts";
import { handle, type OnFailure } from "./handle.ts";
import type { Registry } from "./registry.ts";
import { applyDefaults, type ServeLimits } from "./serve-limits.ts";
import { openRegistry } from "./storage/open-registry.ts";
import type { RegistryFolder } from "./storage/registry-folder.ts";
import { takeRequests } from "./take-requests.ts";

/** How long an idle connection is kept for the client's next request, in ms. Copies pause between phases. */
const KEEP_ALIVE_MS = 60_000;
const HEADERS_TIMEOUT_MS = 60_000;
/** How often connections are looked at, in ms: so much later than after `HEADERS_TIMEOUT_MS` one may end. */
const CHECK_MS = 5_000;
/** Between two looks for uploads that nobody continues, in ms. */
const MAX_SWEEP_MS = 60 * 60 * 1000;

/** What TLS is spoken with. PEM. */
export interface ServeTls {
  readonly key: string | Buffer;
  readonly cert: string | Buffer;
  /** How long a handshake may take, in ms. Default: 60 s. */
  readonly handshakeTimeout?: number | undefined;
}

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
  /**
   * File of users and bcrypt hashes, as `htpasswd -B` writes it: every request needs the user and
   * password of one of them. It is read again when it changes. Default: no credentials are asked for.
   */
  readonly htpasswd?: string | undefined;
  /** Allows `writable` without `htpasswd` at another address than a loopback one: everybody who reaches it may write. Default false. */
  readonly anonymousWrite?: boolean | undefined;
  /** PEM. Default: plain HTTP. */
  readonly tls?: ServeTls | undefined;
  /**
   * Names and addresses, without a port, that requests may have in their Host header beside `localhost`, loopback
   * addresses and `host`, or any address where `host` is `0.0.0.0` or `::`. Default: none.
   */
  readonly allowedHosts?: readonly string[] | undefined;
  /** How much clients may take. */
  readonly limits?: ServeLimits | undefined;
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
 * @throws {RangeError} where everybody could write, and for a bad limit; {SyntaxError} for an invalid host of `allowedHosts`, and an `htpasswd` that can't be used.
 * @throws {StoreError} LAYOUT_INVALID where the folder is none of those that are served; the error of the system where the port is taken.
 */
export async function serve({
  dir,
  port = 0,
  host = "127.0.0.1",
  writable = false,
  htpasswd,
  anonymousWrite = false,
  tls,
  allowedHosts,
  limits: givenLimits = {},
  hook,
  onFailure,
}: ServeOptions): Promise<RunningServer> {
  if (writable && htpasswd === undefined && !anonymousWrite && !isLoopback(host)) {
    throw new RangeError(
      `Cannot serve "${dir}" writable at "${host}": everybody who reaches it could write without credentials; listen at 127.0.0.1, name users with --htpasswd FILE (htpasswd), or allow it with --anonymous-write (anonymousWrite)`,
    );
  }
  let allowed = new AllowedHosts({ host, names: allowedHosts });
  const limits = applyDefaults(givenLimits);
  const access = htpasswd === undefined ? undefined : await BasicAccess.open(htpasswd);
  const registry = await openRegistry(dir, { writable, limits });
  const options = {
    keepAliveTimeout: KEEP_ALIVE_MS,
    headersTimeout: HEADERS_TIMEOUT_MS,
    connectionsCheckingInterval: CHECK_MS,
    // No limit for a request: big blobs over slow lines take hours. `limits.minBytesPerSecond` ends the others.
    requestTimeout: 0,
    // `refuseBrowser` looks at it, and its answer has the headers that every answer has.
    requireHostHeader: false,
  };
  const server: Server =
    tls === undefined
      ? createServer(options)
      : createTlsServer({ ...options, ...tls, handshakeTimeout: tls.handshakeTimeout ?? HEADERS_TIMEOUT_MS });
  server.maxConnections = limits.connections;
  const running = takeRequests(server, limits.lowestRate, (wire) =>
    handle({ registry, allowed, access, hook, onFailure }, wire),
  );
  server.listen(port, host);
  await once(server, "listening");
  const bound = server.address();
  if (bound === null || typeof bound === "string")
    throw new TypeError(`Bad host "${host}": expected an IP address or a name`);
  allowed = new AllowedHosts({ host, address: bound.address, names: allowedHosts });
  const sweep = writable ? sweepRegularly(registry, limits.uploadAgeMs) : undefined;
  const address = `${host.includes(":") ? `[${host}]` : host}:${bound.port}`;
  return {
    host,
    port: bound.port,
    address,
    url: `${tls === undefined ? "http" : "https"}://${address}`,
    repository: registry.folder.single,
    hiddenNames: await hiddenNames(registry.folder),
    close: (closeOptions) => {
      clearInterval(sweep);
      return close(server, running, closeOptions?.graceMs ?? 1000);
    },
  };
}

/** Removes uploads that nobody continues, and counts again what others did to the folder. */
function sweepRegularly({ sessions, quota }: Registry, uploadAgeMs: number): NodeJS.Timeout {
  // A folder that can't be read now is read the next time.
  const sweep = (): Promise<void> => sessions.removeStale(uploadAgeMs).then(() => quota.measure());
  return setInterval(() => void sweep().catch(() => undefined), Math.min(uploadAgeMs / 4, MAX_SWEEP_MS)).unref();
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
