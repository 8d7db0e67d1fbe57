import { mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { startDistribution } from "../../test/peers/distribution.ts";
import { findPeer } from "../../test/peers/find-peer.ts";
import { CertificateAuthority } from "../../test/support/certificates.ts";
import { temporaryFolder } from "../../test/support/temporary-folder.ts";

/** One registry's data behind two servers. */
export interface Side {
  /** `127.0.0.1:PORT`, plain HTTP. */
  readonly plain: string;
  /** The same over TLS; undefined where openssl is not there. */
  readonly tls: string | undefined;
  /** Takes all data away. */
  empty(): Promise<void>;
}

/** The source and the target of every run. */
export interface Registries extends AsyncDisposable {
  /** What they are, for the report. */
  readonly kind: string;
  readonly source: Side;
  readonly target: Side;
  /** The path of the authority's certificate. */
  readonly authority: string | undefined;
}

/** The registries that can stand at both ends, the one that is preferred first. */
export const DISTRIBUTIONS = ["3.1", "2.8"] as const;
const PROGRAMS = { "3.1": "registry", "2.8": "docker-registry" } as const;

/**
 * Starts distribution at both ends.
 * @throws {Error} where none is.
 * @param at The folder that their data is made in.
 * @param version Default: 3.1, or Debian's 2.8 where Go's peers are not there.
 */
export async function startRegistries(at: string, version?: (typeof DISTRIBUTIONS)[number]): Promise<Registries> {
  const versions = version === undefined ? DISTRIBUTIONS : [version];
  const found = versions.flatMap((name) => {
    const program = findPeer(PROGRAMS[name]);
    return program === undefined ? [] : [{ program, kind: `distribution ${name}` }];
  })[0];
  if (found === undefined)
    throw new Error("No such registry here: test/peers/install.sh, or apt-get install docker-registry");
  const { program, kind } = found;
  await using stack = new AsyncDisposableStack();
  const folder = stack.use(await temporaryFolder("tranship-bench-registries-", at)).path;
  const openssl = findPeer("openssl");
  const authority = openssl === undefined ? undefined : await CertificateAuthority.create(openssl, folder);
  const tls = await authority?.issue("server");
  const start = async (name: string): Promise<Side> => {
    const data = join(folder, name);
    await mkdir(data);
    const plain = stack.use(await startDistribution(program, { data })).host;
    const secure = tls === undefined ? undefined : stack.use(await startDistribution(program, { data, tls })).host;
    // Neither server keeps anything in memory.
    return { plain, tls: secure, empty: () => rm(join(data, "docker"), { recursive: true, force: true }) };
  };
  const [source, target] = [await start("source"), await start("target")];
  const kept = stack.move();
  return {
    kind,
    source,
    target,
    authority: authority?.certificate,
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  };
}
