import { isIPv4, isIPv6 } from "node:net";

const MAX_LENGTH = 300;
const BRACKETED = /^\[([0-9a-f:.]+)\](?::([0-9]{1,5}))?$/i;
const NAMED = /^([a-z0-9_-]+(?:\.[a-z0-9_-]+)*)\.?(?::([0-9]{1,5}))?$/i;

/** The host and port of a URL, as the Host header has them. */
export interface Authority {
  /** A name in lower case without its last dot, or an IP address in its shortest form. */
  readonly host: string;
  readonly isAddress: boolean;
  /** Undefined where it is the scheme's default. */
  readonly port: number | undefined;
}

/** Reads `HOST[:PORT]`; undefined for anything else, such as user information or an IPv6 zone. */
export function parseAuthority(text: string): Authority | undefined {
  if (text.length > MAX_LENGTH) return undefined;
  const [, address, addressPort] = BRACKETED.exec(text) ?? [];
  const [, name, namePort] = NAMED.exec(text) ?? [];
  const digits = addressPort ?? namePort;
  const port = digits === undefined ? undefined : Number(digits);
  if (port !== undefined && port > 65_535) return undefined;
  if (address !== undefined && isIPv6(address)) return { host: shortest(address), isAddress: true, port };
  if (name === undefined) return undefined;
  return { host: name.toLowerCase(), isAddress: isIPv4(name), port };
}

/** An IP address in the form that a browser gives it: `::1` for `0:0:0:0:0:0:0:1`. */
export function shortest(address: string): string {
  const [withoutZone = ""] = address.split("%", 1);
  return isIPv6(withoutZone) ? new URL(`http://[${withoutZone}]`).hostname.slice(1, -1) : withoutZone;
}
