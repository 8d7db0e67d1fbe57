import { createPrivateKey, X509Certificate } from "node:crypto";
import { readFile, stat } from "node:fs/promises";
import { apiHost, hostCertificates, parseHost, type TlsOptions } from "@tranship/core";
import type { RegistryFlags } from "../arguments/options.ts";
import type { HostRules, RedirectRules } from "./host-rules.ts";

/** How one registry is reached. */
export interface HostSettings {
  readonly plainHttp: boolean;
  readonly insecure: boolean;
  readonly tls: TlsOptions;
  /** Hosts of token services that credentials may be sent to over http. */
  readonly plainHttpTo: readonly string[];
  /** Hosts that the registry may redirect to at an address of any kind. */
  readonly allowRedirectTo: readonly string[];
  /** Hosts that the registry may redirect to over http. */
  readonly allowHttpRedirectTo: readonly string[];
}

/** The options of `RegistryFlags` that say how hosts are reached, read and checked. */
export class Hosts {
  readonly #plainHttp: ReadonlySet<string>;
  readonly #insecure: ReadonlySet<string>;
  readonly #legacy: ReadonlySet<string>;
  readonly #authorities: readonly ForHost<string>[];
  readonly #identities: readonly ForHost<Identity>[];
  readonly #certDir: string | undefined;
  readonly #redirects: RedirectRules;
  readonly #rules: ReadonlyMap<string, ReadRules>;

  private constructor(parts: {
    readonly plainHttp: ReadonlySet<string>;
    readonly insecure: ReadonlySet<string>;
    readonly legacy: ReadonlySet<string>;
    readonly authorities: readonly ForHost<string>[];
    readonly identities: readonly ForHost<Identity>[];
    readonly certDir: string | undefined;
    readonly redirects: RedirectRules;
    readonly rules: ReadonlyMap<string, ReadRules>;
  }) {
    this.#plainHttp = parts.plainHttp;
    this.#insecure = parts.insecure;
    this.#legacy = parts.legacy;
    this.#authorities = parts.authorities;
    this.#identities = parts.identities;
    this.#certDir = parts.certDir;
    this.#redirects = parts.redirects;
    this.#rules = parts.rules;
  }

  /**
   * @param rules what a mirror file says of its hosts; what the flags say wins.
   * @throws {SyntaxError} for a malformed option, a file that is not there or is not what it should be, and options that exclude each other.
   */
  static async read(flags: RegistryFlags, rules: Iterable<HostRules> = []): Promise<Hosts> {
    const { plainHttp = [], insecure = [], legacyTls = [], ca = [], clientCert = [], certDir } = flags;
    const { allowRedirect = [], allowHttpRedirect = [] } = flags;
    const plain = new Set(plainHttp.map(parseHost));
    const unchecked = new Set(insecure.map(parseHost));
    const both = [...plain].find((host) => unchecked.has(host));
    if (both !== undefined) {
      throw new SyntaxError(
        `--plain-http and --insecure exclude each other for "${both}": without TLS there is no certificate`,
      );
    }
    const legacy = new Set(legacyTls.map(parseHost));
    const plainLegacy = [...plain].find((host) => legacy.has(host));
    if (plainLegacy !== undefined) {
      throw new SyntaxError(
        `--plain-http and --legacy-tls exclude each other for "${plainLegacy}": without TLS there is no renegotiation`,
      );
    }
    return new Hosts({
      plainHttp: plain,
      insecure: unchecked,
      legacy,
      authorities: await Promise.all(ca.map(readAuthority)),
      identities: await Promise.all(clientCert.map(readIdentity)),
      certDir,
      redirects: { anyAddress: allowRedirect.map(parseHost), http: allowHttpRedirect.map(parseHost) },
      rules: new Map(await Promise.all([...rules].map(async (rule) => [rule.host, await readRules(rule)] as const))),
    });
  }

  get #plainByRules(): readonly string[] {
    const named = [...this.#rules].filter(([host, { plainHttp }]) => plainHttp && !this.#needsTls(host));
    return named.map(([host]) => host);
  }

  /** Hosts of all rules, since one registry may lead to another. */
  get #legacyHosts(): readonly string[] {
    const named = [...this.#rules].filter(([host, { legacyTls }]) => legacyTls && !this.#plainHttp.has(host));
    return [...this.#legacy, ...named.map(([host]) => host)].map(apiHost);
  }

  /** A flag that only makes sense with TLS. */
  #needsTls(host: string): boolean {
    return this.#insecure.has(host) || this.#legacy.has(host);
  }

  /**
   * The settings for a host. Reads its folder in `certs.d`.
   * @throws {StoreError} TLS for a broken one.
   */
  async settingsOf(host: string): Promise<HostSettings> {
    const found = await hostCertificates(host, { certDir: this.#certDir });
    const isFor = (entry: ForHost<unknown>): boolean => entry.host === undefined || entry.host === host;
    const authorities = this.#authorities.filter(isFor).map(({ value }) => value);
    const identities = this.#identities.filter(isFor);
    const identity = identities.find((entry) => entry.host === host) ?? identities[0];
    const rules = this.#rules.get(host);
    const { cert, key } = identity?.value ?? rules?.identity ?? found;
    return {
      // Without TLS there is no certificate to take or not: the flag that is given wins.
      plainHttp: this.#plainHttp.has(host) || (rules?.plainHttp === true && !this.#needsTls(host)),
      plainHttpTo: [...this.#plainHttp, ...this.#plainByRules],
      insecure: this.#insecure.has(host) || (rules?.insecure === true && !this.#plainHttp.has(host)),
      allowRedirectTo: [...this.#redirects.anyAddress, ...(rules?.redirects.anyAddress ?? [])],
      allowHttpRedirectTo: [...this.#redirects.http, ...(rules?.redirects.http ?? [])],
      tls: {
        ca: [...found.ca, ...(rules?.authorities ?? []), ...authorities],
        cert,
        key,
        legacyHosts: this.#legacyHosts,
      },
    };
  }
}

const NO_REDIRECTS: RedirectRules = { anyAddress: [], http: [] };

interface ForHost<T> {
  /** Undefined: for every host. */
  readonly host: string | undefined;
  readonly value: T;
}

interface Identity {
  readonly cert: string;
  readonly key: string;
}

/** What a mirror file says of how a host is reached, its files read. */
interface ReadRules {
  readonly redirects: RedirectRules;
  readonly plainHttp: boolean;
  readonly insecure: boolean;
  readonly legacyTls: boolean;
  readonly authorities: readonly string[];
  readonly identity: Identity | undefined;
}

async function readRules({ host, tls, redirects = NO_REDIRECTS }: HostRules): Promise<ReadRules> {
  const { ca, clientCert, plainHttp, insecure, legacyTls = false } = tls;
  const name = (key: string): string => `${key} of ${host}`;
  const authority = ca === undefined ? undefined : await readText(ca, name("ca"));
  if (ca !== undefined && authority !== undefined) checkCertificate(authority, ca, name("ca"));
  return {
    redirects,
    plainHttp,
    insecure,
    legacyTls,
    authorities: authority === undefined ? [] : [authority],
    identity: clientCert && (await readPair(clientCert.cert, clientCert.key, name("clientCert"))),
  };
}

/** `[HOST=]FILE`. */
async function readAuthority(text: string): Promise<ForHost<string>> {
  const { host, rest } = splitHost(text, "--ca");
  const pem = await readText(rest, "--ca");
  checkCertificate(pem, rest, "--ca");
  return { host, value: pem };
}

/** `[HOST=]CERT:KEY`. */
async function readIdentity(text: string): Promise<ForHost<Identity>> {
  const option = "--client-cert";
  const { host, rest } = splitHost(text, option);
  const [certFile = "", keyFile = "", ...more] = rest.split(":");
  if (certFile === "" || keyFile === "" || more.length > 0) {
    throw new SyntaxError(`Bad ${option} "${text}": expected [HOST=]CERT:KEY, two files`);
  }
  return { host, value: await readPair(certFile, keyFile, option) };
}

async function readPair(certFile: string, keyFile: string, option: string): Promise<Identity> {
  const [cert, key] = [await readText(certFile, option), await readText(keyFile, option)];
  checkCertificate(cert, certFile, option);
  if (!belongsTo(cert, key, { keyFile, option })) {
    throw new SyntaxError(`Bad ${option}: the key "${keyFile}" is not that of the certificate "${certFile}"`);
  }
  return { cert, key };
}

/** What stands before the first "=" is a host, unless it is a path. */
function splitHost(text: string, option: string): { readonly host: string | undefined; readonly rest: string } {
  const equals = text.indexOf("=");
  const before = text.slice(0, Math.max(equals, 0));
  if (equals < 0 || before.includes("/")) return { host: undefined, rest: text };
  const rest = text.slice(equals + 1);
  if (rest === "") throw new SyntaxError(`Bad ${option} "${text}": the file after "=" is missing`);
  return { host: parseHost(before), rest };
}

async function readText(path: string, option: string): Promise<string> {
  try {
    if ((await stat(path)).isFile()) return await readFile(path, "utf8");
  } catch (error) {
    const missing = error instanceof Error && "code" in error && error.code === "ENOENT";
    throw new SyntaxError(`Bad ${option}: ${missing ? "there is no file" : "cannot read"} "${path}"`, { cause: error });
  }
  throw new SyntaxError(`Bad ${option}: "${path}" is no file`);
}

function checkCertificate(pem: string, path: string, option: string): void {
  try {
    new X509Certificate(pem);
  } catch (cause) {
    throw new SyntaxError(`Bad ${option}: "${path}" holds no certificate in PEM`, { cause });
  }
}

function belongsTo(
  cert: string,
  key: string,
  { keyFile, option }: { readonly keyFile: string; readonly option: string },
): boolean {
  try {
    return new X509Certificate(cert).checkPrivateKey(createPrivateKey(key));
  } catch (cause) {
    throw new SyntaxError(`Bad ${option}: "${keyFile}" holds no private key in PEM, or an encrypted one`, {
      cause,
    });
  }
}
