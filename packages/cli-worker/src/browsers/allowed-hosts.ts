import { BlockList, isIP } from "node:net";
import { parseAuthority, shortest } from "./authority.ts";

const LOOPBACK = new BlockList();
LOOPBACK.addSubnet("127.0.0.0", 8, "ipv4");
LOOPBACK.addAddress("::1", "ipv6");
const ANY_ADDRESS: ReadonlySet<string> = new Set(["0.0.0.0", "::"]);

/** Where a server listens, and the names that it is reached by. */
export interface AllowedHostsOptions {
  /** As the user wrote it: an address or a name. */
  readonly host: string;
  /** The address that this name turned out to be. */
  readonly address?: string | undefined;
  /** Addresses or names without a port. Default: none. */
  readonly names?: readonly string[] | undefined;
}

/**
 * The hosts that a request may name. A page on another origin can make its own name stand for this machine (DNS
 * rebinding), and then reads every response; its name is in the Host header, so only known ones are served:
 * `localhost`, loopback addresses, the address that the server listens at, any IP address where it listens at all
 * of them, and the names that the user allows. No DNS server can make an IP address stand for something else.
 */
export class AllowedHosts {
  readonly #hosts: ReadonlySet<string>;
  readonly #anyAddress: boolean;

  /** @throws {SyntaxError} for a name that is not a host. */
  constructor({ host, address = host, names = [] }: AllowedHostsOptions) {
    this.#hosts = new Set(["localhost", bare(host), bare(address), ...names.map(checked)]);
    this.#anyAddress = host === "" || ANY_ADDRESS.has(bare(address));
  }

  /** @param host as `parseAuthority` gives it. */
  allows(host: string): boolean {
    if (this.#hosts.has(host)) return true;
    return isIP(host) !== 0 && (this.#anyAddress || isLoopback(host));
  }
}

/** Whether only this machine reaches what listens there: `localhost` or a loopback address. */
export function isLoopback(host: string): boolean {
  const name = bare(host);
  if (name === "localhost") return true;
  const family = isIP(name);
  return family !== 0 && LOOPBACK.check(name, family === 6 ? "ipv6" : "ipv4");
}

function bare(host: string): string {
  const name = host.replace(/^\[(.*)\]$/, "$1");
  return isIP(name) === 0 ? name.toLowerCase().replace(/\.$/, "") : shortest(name);
}

function checked(name: string): string {
  const authority = parseAuthority(isIP(name) === 6 ? `[${name}]` : name);
  if (authority !== undefined && authority.port === undefined) return authority.host;
  throw new SyntaxError(`invalid host ${JSON.stringify(name)}: expected a name or an IP address without a port`);
}
