import { isIPv4, isIPv6 } from "node:net";
import { quoted } from "../text/quoted.ts";

/** Docker Hub, as users write it. Requests go to `apiHost("docker.io")`. */
export const DOCKER_HUB = "docker.io";

/**
 * Labels of letters, digits, `_` and inner dashes; a dot at the end says that the name is complete.
 * Distribution's grammar has no `_`, but names of Docker Compose services have it.
 */
const DOMAIN = /^(?!.{255})[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?(?:\.[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?)*\.?$/;

/**
 * Checks `host` or `host:port`, IPv6 in brackets, and gives its one spelling: lower case, IPv6 compressed, `docker.io` for its old name `index.docker.io`.
 * @throws {SyntaxError} saying what is wrong with it.
 */
export function parseHost(text: string): string {
  const scheme = /^[a-z][a-z0-9+.-]*:\/\//i.exec(text)?.[0];
  if (scheme !== undefined) throw badHost(withoutUser(text), `leave out ${quoted(scheme)}: write HOST or HOST:PORT`);
  if (text.includes("@")) throw badHost(text.replace(/^.*@/s, "***@"), "leave out what stands before the @");
  const match = /^(\[[^\]]*\]|[^:[\]]*)(?::(.*))?$/s.exec(text);
  const name = match?.[1]?.toLowerCase();
  if (name === undefined || name === "") throw badHost(text, "expected HOST or HOST:PORT");
  const port = match?.[2];
  if (port !== undefined && !(/^[1-9][0-9]{0,4}$/.test(port) && Number(port) <= 65_535)) {
    throw badHost(text, `port ${quoted(port)} is no number from 1 to 65535`);
  }
  const host = name.startsWith("[") ? parseIPv6(name, text) : parseDomain(name, text);
  if (port !== undefined) return `${host}:${port}`;
  return host === "index.docker.io" ? DOCKER_HUB : host;
}

/** What stands before "@" in a URL may be a password. */
function withoutUser(url: string): string {
  return url.replace(/\/\/.*@/s, "//***@");
}

function parseIPv6(bracketed: string, text: string): string {
  const address = bracketed.slice(1, -1);
  if (address.includes("%")) throw badHost(text, "an IPv6 address with a zone can't be used in a URL");
  const host = isIPv6(address) ? URL.parse(`https://${bracketed}`)?.hostname : undefined;
  if (host === undefined) throw badHost(text, `${quoted(address)} is no IPv6 address`);
  return host;
}

function parseDomain(name: string, text: string): string {
  if (!DOMAIN.test(name)) {
    throw badHost(text, 'expected labels of letters, digits, "_" and inner dashes, joined by "."');
  }
  // A URL reads a name that ends in a number as an IPv4 address: "127.1" would be asked as 127.0.0.1.
  if (/(?:^|\.)(?:[0-9]+|0x[0-9a-f]*)\.?$/.test(name) && !isIPv4(name)) {
    throw badHost(text, "a name that ends in a number must be an IPv4 address like 192.0.2.1");
  }
  return name;
}

function badHost(text: string, reason: string): SyntaxError {
  return new SyntaxError(`Bad host ${quoted(text)}: ${reason}`);
}
