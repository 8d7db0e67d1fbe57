import { copyFile, mkdir } from "node:fs/promises";
import { join } from "node:path";
import { runPeer } from "../peers/run-peer.ts";

/** Paths of a certificate and its key, PEM. */
export interface Certificate {
  readonly certificate: string;
  readonly key: string;
}

export interface IssueOptions {
  /** For a server. Default: 127.0.0.1, ::1 and localhost. */
  readonly names?: readonly string[];
  readonly use?: "serverAuth" | "clientAuth";
}

/** A certificate authority that nobody trusts until told to; made by openssl, for one day. */
export class CertificateAuthority {
  /** PEM. */
  readonly certificate: string;
  /** Holds the certificate alone, as `ca.crt`: what `certs.d/HOST` holds. */
  readonly folder: string;
  readonly #openssl: string;
  readonly #folder: string;

  private constructor(openssl: string, folder: string) {
    this.#openssl = openssl;
    this.#folder = folder;
    this.folder = join(folder, "certs.d");
    this.certificate = join(this.folder, "ca.crt");
  }

  static async create(openssl: string, folder: string): Promise<CertificateAuthority> {
    const authority = new CertificateAuthority(openssl, folder);
    const made = await authority.#make("ca", "/CN=tranship test authority", [
      "basicConstraints=critical,CA:TRUE",
      "keyUsage=critical,keyCertSign,cRLSign",
    ]);
    await mkdir(authority.folder);
    await copyFile(made.certificate, authority.certificate);
    return authority;
  }

  /** A certificate for a server on the loopback address, or for a client. */
  async issue(name: string, options: IssueOptions = {}): Promise<Certificate> {
    const { names = ["IP:127.0.0.1", "IP:::1", "DNS:localhost"], use = "serverAuth" } = options;
    const authority = ["-CA", this.certificate, "-CAkey", join(this.#folder, "ca.key")];
    const extensions = ["basicConstraints=critical,CA:FALSE", `extendedKeyUsage=${use}`];
    return this.#make(name, `/CN=${name}`, [...extensions, `subjectAltName=${names.join(",")}`], authority);
  }

  async #make(
    name: string,
    subject: string,
    extensions: readonly string[],
    authority: readonly string[] = [],
  ): Promise<Certificate> {
    const made = { certificate: join(this.#folder, `${name}.crt`), key: join(this.#folder, `${name}.key`) };
    const output = ["-subj", subject, "-keyout", made.key, "-out", made.certificate];
    const added = extensions.flatMap((extension) => ["-addext", extension]);
    // RSA: the tokens of a bearer registry are signed with one of these, by RS256. An empty configuration adds no extension of its own.
    const fresh = ["-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1", "-sha256", "-config", "/dev/null"];
    await runPeer(this.#openssl, ["req", ...fresh, ...output, ...added, ...authority]);
    return made;
  }
}
