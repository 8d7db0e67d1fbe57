import { mkdir, mkdtempDisposable, rm } from "node:fs/promises";
import { join } from "node:path";
import { startDistribution } from "../../test/peers/distribution.ts";
import { findPeer } from "../../test/peers/find-peer.ts";
import { CertificateAuthority } from "../../test/support/certificates.ts";

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

/**
 * Starts distribution at both ends: 3.1, or Debian's 2.8 where Go's peers are not there.
 * @throws {Error} where neither is.
 * @param at The folder that their data is made in.
 */
export async function startRegistries(at: string): Promise<Registries> {
  const [path, kind] = [findPeer("registry"), "distribution 3.1"];
  const [older, olderKind] = [findPeer("docker-registry"), "distribution 2.8"];
  const program = path ?? older;
  if (program === undefined)
    throw new Error("No registry here: test/peers/install.sh, or apt-get install docker-registry");
  await using stack = new AsyncDisposableStack();
  const folder = stack.use(await mkdtempDisposable(join(at, "tranship-bench-registries-"))).path;
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
    kind: path === undefined ? olderKind : kind,
    source,
    target,
    authority: authority?.certificate,
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  };
}
