import { type LookupAddress, type LookupAllOptions, lookup as lookupName } from "node:dns";
import type { LookupFunction } from "node:net";
import { RegistryError } from "../../errors/errors.ts";
import { RefusedAddressError } from "../errors/connection-failure.ts";
import { type AddressKind, addressKind, bareHostname, isLoopbackHost } from "./address.ts";
import { AllowedHosts } from "./allowed-hosts.ts";
import { kindOf, OwnAddress } from "./own-address.ts";

/** Resolves a host name to all its addresses, as `dns.lookup` does. */
export type ResolveName = (
  hostname: string,
  options: LookupAllOptions,
  callback: (error: NodeJS.ErrnoException | null, addresses: LookupAddress[]) => void,
) => void;

export interface LocationPolicyOptions {
  /** The registry's own origin, as far as it is known. Its host name never changes. */
  readonly origin: () => URL;
  /** `host` or `host:port` that a Location may name at an address of any kind. */
  readonly allowRedirectTo: readonly string[];
  /** `host` or `host:port` that an https registry may lead to over http. */
  readonly allowHttpRedirectTo?: readonly string[] | undefined;
  /** Default: `dns.lookup`. For tests. */
  readonly resolveName?: ResolveName | undefined;
}

/** For whom a Location was given; for the message. */
export interface LocationContext {
  readonly method: string;
  readonly action: () => string;
  /** What named the URL. Default: `the Location`. */
  readonly what?: string | undefined;
}

/**
 * Decides where a registry may lead us: by redirects, upload locations, links of lists and token
 * services.
 * - http on the registry's own host becomes https if the registry speaks https. http on another
 *   host is refused unless it is in `allowHttpRedirectTo`.
 * - An address that is not public is refused if `OwnAddress` does not permit its kind, unless it
 *   is in `allowRedirectTo`. `resolve` checks addresses in URLs, and `lookup` those that names
 *   resolve to, at each connection.
 */
export class LocationPolicy {
  readonly #originOf: () => URL;
  readonly #allowed: AllowedHosts;
  readonly #allowedOverHttp: AllowedHosts;
  readonly #own: OwnAddress;
  readonly #resolveName: ResolveName;

  /** @throws {TypeError} for an allowed host that is not `HOST` or `HOST:PORT`. */
  constructor(options: LocationPolicyOptions) {
    const { origin, allowRedirectTo, allowHttpRedirectTo = [], resolveName = lookupName } = options;
    this.#originOf = origin;
    this.#allowed = new AllowedHosts(allowRedirectTo, "allowRedirectTo");
    this.#allowedOverHttp = new AllowedHosts(allowHttpRedirectTo, "allowHttpRedirectTo");
    this.#own = new OwnAddress(this.#origin.hostname);
    this.#resolveName = resolveName;
  }

  /** The URL of a Location. @throws {RegistryError} REDIRECT_REFUSED. */
  resolve(location: string, answeredBy: URL, context: LocationContext): URL {
    const url = URL.parse(location, answeredBy);
    if (url === null) throw this.#refused("it is no URL", answeredBy, context);
    if (url.protocol !== "https:" && url.protocol !== "http:") {
      throw this.#refused(`it leads to ${url.protocol}//`, answeredBy, context);
    }
    url.username = "";
    url.password = "";
    url.hash = "";
    const origin = this.#origin;
    if (url.origin === origin.origin) return url;
    const isDowngrade = url.protocol === "http:" && origin.protocol === "https:" && !this.#allowedOverHttp.has(url);
    if (isDowngrade && this.#isOwnHost(url)) return new URL(`${url.pathname}${url.search}`, origin);
    const kind = this.#forbiddenKind(url);
    if (!isDowngrade && kind === undefined) return url;
    const faults = [
      ...(isDowngrade ? [{ fault: "would be requested over http", option: "allowHttpRedirectTo" }] : []),
      ...(kind === undefined ? [] : [{ fault: notPublic(kind), option: "allowRedirectTo" }]),
    ];
    const reasons = faults.map(({ fault }) => fault).join(", and ");
    const options = faults.map(({ option }) => option).join(" and ");
    throw this.#refused(`${url.host} ${reasons}; ${toAllow(url.host, options)}`, answeredBy, context);
  }

  /** `dns.lookup`, without the addresses that must not be connected to. */
  readonly lookup: LookupFunction = (hostname, options, callback) => {
    // The hosts file has no "localhost.", and DNS must not be queried for it (RFC 6761, 6.3).
    const name = isLoopbackHost(hostname) ? bareHostname(hostname) : hostname;
    this.#resolveName(name, { ...options, all: true }, (error, addresses) => {
      if (error !== null) {
        callback(error, []);
        return;
      }
      const usable = this.#usable(hostname, addresses);
      const [first] = usable;
      if (first === undefined) {
        callback(this.#refusedName(hostname, addresses), []);
      } else if (options.all === true) {
        callback(null, [...usable]);
      } else {
        callback(null, first.address, first.family);
      }
    });
  };

  #usable(hostname: string, addresses: readonly LookupAddress[]): readonly LookupAddress[] {
    if (this.#allowed.hasName(hostname)) return addresses;
    if (this.#isOwnName(hostname)) return this.#own.admit(addresses);
    return addresses.filter(({ address }) => this.#own.mayLeadTo(kindOf(address)));
  }

  #refusedName(hostname: string, [first]: readonly LookupAddress[]): RefusedAddressError {
    if (first === undefined) return new RefusedAddressError(`${hostname} resolves to no address`);
    const { address } = first;
    const kind = kindOf(address);
    const reason = this.#isOwnName(hostname)
      ? `now resolves to ${address}, which is not a public address (${kind}), and did not before`
      : `resolves to ${address}, which ${notPublic(kind)}`;
    return new RefusedAddressError(`${hostname} ${reason}; ${toAllow(hostname, "allowRedirectTo")}`);
  }

  /** The kind of the URL's address if the registry may not lead there. */
  #forbiddenKind(url: URL): AddressKind | undefined {
    const kind = addressKind(url.hostname);
    if (kind === undefined || this.#own.mayLeadTo(kind)) return undefined;
    return this.#isOwnName(url.hostname) || this.#allowed.has(url) ? undefined : kind;
  }

  #isOwnName(hostname: string): boolean {
    return bareHostname(hostname) === bareHostname(this.#origin.hostname);
  }

  get #origin(): URL {
    return this.#originOf();
  }

  /**
   * A registry behind a proxy that ends TLS often gives its own address with http, with or without
   * the port.
   */
  #isOwnHost(url: URL): boolean {
    return this.#isOwnName(url.hostname) && (url.port === "" || url.port === this.#origin.port);
  }

  #refused(detail: string, answeredBy: URL, context: LocationContext): RegistryError {
    return new RegistryError(
      "REDIRECT_REFUSED",
      `Cannot ${context.action()}: ${context.what ?? "the Location"} is refused: ${detail}`,
      {
        method: context.method,
        url: answeredBy.href,
      },
    );
  }
}

function notPublic(kind: AddressKind): string {
  return `is not a public address (${kind}), and the registry is not on such an address itself`;
}

function toAllow(host: string, options: string): string {
  return `to allow it, list ${host} in ${options}`;
}
