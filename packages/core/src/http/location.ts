import { lookup as lookupName } from "node:dns";
import type { LookupFunction } from "node:net";
import { RegistryError } from "../errors.ts";
import { bareHostname, isLoopbackHost, isPrivateAddress } from "./address.ts";
import { RefusedAddressError } from "./connection-failure.ts";

export interface LocationPolicyOptions {
  /** The registry's own origin, as far as it is known. */
  readonly origin: () => URL;
  /** `host` or `host:port` that a Location may name whatever the rules say. */
  readonly allowRedirectTo: readonly string[];
}

/** For whom a Location was given; for the message. */
export interface LocationContext {
  readonly method: string;
  readonly action: () => string;
  /** What named the URL. Default: `the Location`. */
  readonly what?: string | undefined;
}

/**
 * Where a registry may send us. http on its own host becomes https where the registry speaks https; http elsewhere is refused; an address that is
 * not public is refused unless the registry's own isn't either, as a literal here and as what a name stands for in `lookup`.
 */
export class LocationPolicy {
  readonly #originOf: () => URL;
  readonly #allowed: ReadonlySet<string>;
  /** Whether all that the registry's name stands for is private; undefined while unknown. */
  #isPrivate: boolean | undefined;

  constructor(options: LocationPolicyOptions) {
    this.#originOf = options.origin;
    this.#allowed = new Set(options.allowRedirectTo.map((host) => host.toLowerCase()));
    if (isPrivateAddress(this.#origin.hostname)) this.#isPrivate = true;
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
    if (url.origin === this.#origin.origin || this.#isAllowed(url)) return url;
    if (url.protocol === "http:" && this.#origin.protocol === "https:") {
      if (!this.#isOwnHost(url)) {
        throw this.#refused(`${url.host} would be asked over http; ${this.#lift(url)}`, answeredBy, context);
      }
      return new URL(`${url.pathname}${url.search}`, this.#origin);
    }
    if (isPrivateAddress(url.hostname) && this.#isPrivate !== true && url.hostname !== this.#origin.hostname) {
      throw this.#refused(`${url.host} is not a public address; ${this.#lift(url)}`, answeredBy, context);
    }
    return url;
  }

  /** `dns.lookup`, without the addresses that must not be connected to. */
  readonly lookup: LookupFunction = (hostname, options, callback) => {
    // The hosts file has no "localhost.", and no DNS server is asked for it (RFC 6761, section 6.3).
    const name = isLoopbackHost(hostname) ? bareHostname(hostname) : hostname;
    lookupName(name, { ...options, all: true }, (error, addresses) => {
      if (error !== null) {
        callback(error, []);
        return;
      }
      const own = bareHostname(hostname) === bareHostname(this.#origin.hostname);
      if (own) this.#isPrivate = addresses.every(({ address }) => isPrivateAddress(address));
      const open = own || this.#isPrivate === true || this.#allowedNames().has(bareHostname(hostname));
      const usable = open ? addresses : addresses.filter(({ address }) => !isPrivateAddress(address));
      const [first] = usable;
      if (first === undefined) {
        callback(
          new RefusedAddressError(`${hostname} is not a public address; allow redirects to ${hostname} if it is meant`),
          [],
        );
      } else if (options.all === true) {
        callback(null, usable);
      } else {
        callback(null, first.address, first.family);
      }
    });
  };

  get #origin(): URL {
    return this.#originOf();
  }

  #isAllowed(url: URL): boolean {
    return this.#allowed.has(url.host) || this.#allowed.has(url.hostname);
  }

  #allowedNames(): ReadonlySet<string> {
    return new Set([...this.#allowed].map((host) => bareHostname(host.replace(/:\d+$/, ""))));
  }

  /** A registry behind a proxy that ends TLS often gives its own address with http, with or without the port. */
  #isOwnHost(url: URL): boolean {
    return url.hostname === this.#origin.hostname && (url.port === "" || url.port === this.#origin.port);
  }

  #lift(url: URL): string {
    return `allow redirects to ${url.host} if it is meant`;
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
