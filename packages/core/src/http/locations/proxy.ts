import { BlockList, isIP } from "node:net";
import { bareHostname, isLoopbackHost } from "./address.ts";

/** The environment's variables, `process.env` or a part of it. */
export type Environment = Readonly<Record<string, string | undefined>>;

/**
 * The proxy for a URL, by the rules of Go's net/http, which the other tools follow: `HTTPS_PROXY` for https, `HTTP_PROXY` for http, except for
 * the hosts in `NO_PROXY`; lower-case names too. Loopback hosts are never proxied.
 * `NO_PROXY` holds, separated by commas: `*`, IP addresses, networks (`10.0.0.0/8`), `name` (it and what is below it), `.name` or `*.name` (only
 * what is below it); each but networks may end in `:PORT`.
 * @throws {SyntaxError} for a proxy that is no http or https URL.
 */
export function proxyFor(url: URL, environment: Environment): URL | undefined {
  const name = url.protocol === "https:" ? "HTTPS_PROXY" : "HTTP_PROXY";
  const proxy = variable(name, environment);
  if (proxy === undefined || isLoopbackHost(url.hostname)) return undefined;
  if (isExcepted(url, variable("NO_PROXY", environment) ?? "")) return undefined;
  return parseProxy(proxy, `in ${name}`);
}

function variable(name: string, environment: Environment): string | undefined {
  return environment[name] || environment[name.toLowerCase()] || undefined;
}

/** @param where For the message: the value isn't shown, since it may hold a password. @throws {SyntaxError} */
export function parseProxy(text: string, where: string): URL {
  const url = URL.parse(/^[a-z][a-z0-9+.-]*:\/\//i.test(text) ? text : `http://${text}`);
  if (url === null || (url.protocol !== "http:" && url.protocol !== "https:")) {
    throw new SyntaxError(`Bad proxy ${where}: expected http://HOST:PORT or https://HOST:PORT`);
  }
  if (!isDecodable(url.username) || !isDecodable(url.password)) {
    throw new SyntaxError(`Bad proxy ${where}: "%" in its user name or password must be written %25`);
  }
  // A path means nothing to a proxy: Go and curl ignore it, and undici refuses it.
  for (const part of ["pathname", "search", "hash"] as const) url[part] = "";
  return url;
}

function isDecodable(text: string): boolean {
  try {
    decodeURIComponent(text);
    return true;
  } catch {
    return false;
  }
}

function isExcepted(url: URL, exceptions: string): boolean {
  const host = bareHostname(url.hostname);
  const port = url.port || (url.protocol === "https:" ? "443" : "80");
  return exceptions.split(/[,\s]+/).some((entry) => entry !== "" && matches(entry.toLowerCase(), host, port));
}

function matches(entry: string, host: string, port: string): boolean {
  if (entry.includes("/")) return isInNetwork(entry, host);
  const { name, port: onlyPort } = splitPort(entry);
  if (onlyPort !== undefined && onlyPort !== port) return false;
  if (name === "*") return true;
  if (isIP(name) !== 0) return name === host;
  const below = name.replace(/^\*?\./, "");
  return host.endsWith(`.${below}`) || (below === name && host === name);
}

function splitPort(entry: string): { readonly name: string; readonly port: string | undefined } {
  const bracketed = /^\[([^\]]*)\](?::(\d+))?$/.exec(entry);
  if (bracketed !== null) return { name: bracketed[1] ?? "", port: bracketed[2] };
  if (isIP(entry) === 6) return { name: entry, port: undefined };
  const [, name = entry, port] = /^(.*?)(?::(\d+))?$/.exec(entry) ?? [];
  return { name, port };
}

function isInNetwork(entry: string, host: string): boolean {
  const [network = "", prefix = ""] = entry.split("/");
  const version = isIP(network);
  const bits = Number(prefix);
  if (version === 0 || version !== isIP(host) || !/^\d+$/.test(prefix) || bits > (version === 6 ? 128 : 32))
    return false;
  const list = new BlockList();
  const family = version === 6 ? "ipv6" : "ipv4";
  list.addSubnet(network, bits, family);
  return list.check(host, family);
}
