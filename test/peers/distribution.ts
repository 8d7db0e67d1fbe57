import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Certificate } from "../support/certificates.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";
import { ServerProcess } from "./server-process.ts";

/** A user of the registry: distribution reads bcrypt hashes only, and Node makes none. */
export const HTPASSWD_USER = { username: "anna", password: "correct horse" } as const;
const HTPASSWD = "anna:$2y$05$transhiptranshiptranseuVN7VxHBDQ/D0qCFQ2zVJj.FWWx1U0.\n";

/** What a bearer token is asked at and checked with. Docs: distribution, "Token Authentication". */
export interface TokenAuth {
  readonly realm: string;
  readonly service: string;
  readonly issuer: string;
  /** The path of the certificate whose key signs the tokens. */
  readonly certificate: string;
}

export interface DistributionOptions {
  /** `htpasswd`: basic auth for `HTPASSWD_USER`. Default: anybody may do anything. */
  readonly auth?: "htpasswd" | TokenAuth | undefined;
  readonly tls?: Certificate | undefined;
  /** The path of the CA whose client certificates are asked for. Only with `tls`. */
  readonly clientAuthority?: string | undefined;
  /** Whether it takes an index of which something is missing, which only 3.1 can be told. Default: it does not. */
  readonly sparse?: boolean | undefined;
  /** Whether it keeps descriptors of blobs in memory, as its published image does. Default: it does not. */
  readonly cache?: boolean | undefined;
  /** Where its data is, which two registries may share. Default: a temporary folder of its own. */
  readonly data?: string | undefined;
}

/** A registry of somebody else, empty, on a free port of the loopback address. */
export interface PeerRegistry extends AsyncDisposable {
  /** `127.0.0.1:PORT` */
  readonly host: string;
  /** Where it keeps its content. */
  readonly data: string;
}

/** Starts distribution, 2.8 or 3.1 by its path, with deletion enabled. */
export async function startDistribution(path: string, options: DistributionOptions = {}): Promise<PeerRegistry> {
  await using stack = new AsyncDisposableStack();
  const folder = stack.use(await temporaryFolder("tranship-distribution-"));
  const file = join(folder.path, "config.yml");
  await writeFile(join(folder.path, "htpasswd"), HTPASSWD);
  // JSON is YAML.
  await writeFile(file, JSON.stringify(configuration(folder.path, options)));
  const [server, ready] = await ServerProcess.start(path, {
    args: ["serve", file],
    ready: /listening on (127\.0\.0\.1:\d+)/,
    env: { OTEL_TRACES_EXPORTER: "none" },
  });
  stack.use(server);
  const kept = stack.move();
  const data = join(folder.path, "data");
  return { host: ready[1] ?? "", data, [Symbol.asyncDispose]: () => kept.disposeAsync() };
}

function configuration(folder: string, options: DistributionOptions): object {
  const { auth, tls, clientAuthority, sparse = false, cache = false, data = join(folder, "data") } = options;
  const clientcas = clientAuthority === undefined ? {} : { clientcas: [clientAuthority] };
  return {
    version: "0.1",
    log: { level: "info", accesslog: { disabled: true } },
    storage: {
      filesystem: { rootdirectory: data },
      delete: { enabled: true },
      ...(cache && { cache: { blobdescriptor: "inmemory" } }),
    },
    http: {
      addr: "127.0.0.1:0",
      secret: "of these tests",
      ...(tls !== undefined && { tls: { certificate: tls.certificate, key: tls.key, ...clientcas } }),
    },
    ...(sparse && { validation: { manifests: { indexes: { platforms: "none" } } } }),
    ...(auth === "htpasswd" && { auth: { htpasswd: { realm: "tests", path: join(folder, "htpasswd") } } }),
    ...(typeof auth === "object" && { auth: { token: { ...tokenOptions(auth) } } }),
  };
}

function tokenOptions({ realm, service, issuer, certificate }: TokenAuth): object {
  return { realm, service, issuer, rootcertbundle: certificate };
}
