import { bareHostname } from "./address.ts";

/** Hosts that the user allows a registry to lead to, each with all its ports or with one. */
export class AllowedHosts {
  readonly #entries: readonly { readonly name: string; readonly port: string | undefined }[];

  /** @throws {TypeError} for an entry that is not `HOST` or `HOST:PORT`. */
  constructor(entries: readonly string[], option: string) {
    this.#entries = entries.map((entry, index) => {
      const [, host = "", port] = /^(.*?)(?::(\d+))?$/s.exec(entry) ?? [];
      const url = /[/?#@\\\s]/.test(host) ? null : URL.parse(`http://${host}`);
      if (url === null || url.port !== "" || Number(port ?? 1) < 1 || Number(port ?? 1) > 65_535) {
        throw new TypeError(`Bad ${option}[${index}] "${entry}": expected HOST or HOST:PORT`);
      }
      return { name: bareHostname(url.hostname), port: port === undefined ? undefined : String(Number(port)) };
    });
  }

  has(url: URL): boolean {
    const port = url.port || (url.protocol === "https:" ? "443" : "80");
    return this.#entries.some((entry) => this.#isNamed(entry, url.hostname) && (entry.port ?? port) === port);
  }

  /** Whether the host is allowed with at least one port. */
  hasName(hostname: string): boolean {
    return this.#entries.some((entry) => this.#isNamed(entry, hostname));
  }

  #isNamed({ name }: { readonly name: string }, hostname: string): boolean {
    return name === bareHostname(hostname);
  }
}
