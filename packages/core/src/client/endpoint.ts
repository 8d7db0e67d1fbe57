import { parseHost } from "../content/host.ts";
import type { RegistryOptions } from "../registry/registry-connection.ts";
import { quoted } from "../text/quoted.ts";

/**
 * How to reach the registry of a client that was given as `HOST[:PORT]`, as a URL (`https://myregistry.azurecr.io`, as Azure's clients are), or as options
 * whose `host` may be one. A URL with http asks over http.
 * @throws {SyntaxError} for a bad host, and for a URL with more than a host and a port; {TypeError} for what is neither text nor options.
 */
export function endpointOptions(endpoint: string | RegistryOptions): RegistryOptions {
  checkEndpoint(endpoint);
  const options = typeof endpoint === "string" ? { host: endpoint } : endpoint;
  if (options.host.includes("@")) {
    throw new SyntaxError("Bad registry endpoint: leave out the credentials, and give them as an option");
  }
  if (!/^[a-z][a-z0-9+.-]*:\/\//i.test(options.host)) return { ...options, host: parseHost(options.host) };
  const url = URL.parse(options.host);
  if (url === null || (url.protocol !== "https:" && url.protocol !== "http:")) {
    throw new SyntaxError("Bad registry endpoint: expected HOST, HOST:PORT or https://HOST");
  }
  if (url.pathname !== "/" || url.search !== "" || url.hash !== "") {
    throw new SyntaxError(`Bad registry endpoint ${quoted(options.host)}: expected nothing after the host`);
  }
  const host = parseHost(url.host);
  return url.protocol === "http:" ? { ...options, host, plainHttp: true } : { ...options, host };
}

/** A host that came from an unset variable is said to be missing. */
function checkEndpoint(endpoint: unknown): void {
  if (typeof endpoint === "string") return;
  if (typeof endpoint === "object" && endpoint !== null && "host" in endpoint && typeof endpoint.host === "string")
    return;
  throw new TypeError("Cannot make a client: expected the registry's host, its URL, or options with a host");
}
