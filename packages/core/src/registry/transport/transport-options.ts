import type { Dispatcher } from "undici";
import type { CallOptions, CallTimeouts } from "../../call/call-options.ts";
import type { TlsOptions } from "../../call/tls-options.ts";
import type { Credential, CredentialProvider } from "../../credentials/credential.ts";
import type { TokenCredential } from "../../credentials/token-credential.ts";
import type { LaneChoice } from "../../http/lanes.ts";
import type { Environment } from "../../http/locations/proxy.ts";
import type { LogOptions } from "../../logging/log-options.ts";
import type { Logger } from "../../logging/logger.ts";
import type { HostBudget } from "../../pace/host-budget.ts";
import type { WaitBudget } from "../../pace/wait-budget.ts";

/** How long things may take, in ms; 0 waits for ever. */
export interface ClientTimeouts extends CallTimeouts {
  /** To connect, TLS included. Default 15 s. */
  readonly connectMs?: number | undefined;
  /**
   * The lowest rate of a response's body, in bytes per second; 0 for any. A body that comes more slowly
   * fails with TOO_SLOW. Only the time counts in which its reader waits for it: what a target, a budget
   * or a queue of this side holds back is not the registry's fault. Default 1000.
   */
  readonly minBytesPerSecond?: number | undefined;
  /** How much waiting the lowest rate is measured over, in ms. Default 60 s. */
  readonly rateWindowMs?: number | undefined;
}

/** How one registry is reached. What a call may say too, a call says for itself. */
export interface RegistryTransportOptions extends Omit<CallOptions, "signal" | "timeouts" | "connection"> {
  /** `host` or `host:port` as the user writes it; `docker.io` is asked at registry-1.docker.io. */
  readonly host: string;
  /** A bare `TokenCredential` (`new DefaultAzureCredential()`) is taken as `{ kind: "entra", credential }`. Default: anonymous. */
  readonly credentials?: CredentialProvider | Credential | TokenCredential | undefined;
  /** The certificate is shown to `host` only. */
  readonly tls?: TlsOptions | undefined;
  /** Asks over http. Default: https, and for a loopback host whichever it speaks. */
  readonly plainHttp?: boolean | undefined;
  /**
   * `host` or `host:port` of token services that credentials may be sent to over http. Default: none but the registry's own host where `plainHttp` is
   * set, and loopback hosts.
   */
  readonly plainHttpTo?: readonly string[] | undefined;
  /** Takes any certificate of `host`. It doesn't turn to http: that is `plainHttp`. */
  readonly insecure?: boolean | undefined;
  /**
   * Connections to each host and port for small requests, as many for big blobs that are read, and
   * as many for big blobs that are sent; also how many requests wait for its answers at once. More
   * requests wait in a queue. Default 32.
   */
  readonly connections?: number | undefined;
  /**
   * No manifest is read while the registry says that no more than so many pulls are left (Docker Hub's `ratelimit-remaining`): reading ends in RATE_LIMITED.
   * Default: pulls until the registry refuses.
   */
  readonly pullFloor?: number | undefined;
  /** Requests and bytes per second, and how many at once, shared by all registries that are given the same one. Default: no limit. */
  readonly budget?: HostBudget | undefined;
  /**
   * How long requests wait in all for each host that asks for patience, shared by all registries that are given the same one.
   * Default: one of its own with 30 min for each host, which begins anew when a host has asked for no wait for 30 min.
   */
  readonly waitBudget?: WaitBudget | undefined;
  readonly timeouts?: ClientTimeouts | undefined;
  /**
   * `host` or `host:port` that the registry may lead to at an address of any kind. Default: public
   * addresses; private ones for a registry on a private address; loopback and link-local ones for a
   * registry that is there itself.
   */
  readonly allowRedirectTo?: readonly string[] | undefined;
  /** `host` or `host:port` that an https registry may lead to over http. Default: none. */
  readonly allowHttpRedirectTo?: readonly string[] | undefined;
  /** `http://[USER:PASSWORD@]HOST:PORT` (or https) for all requests but those to this machine; false for none. Default: as `proxyEnv` says. */
  readonly proxy?: string | false | undefined;
  /** Where `http_proxy`, `https_proxy` and `no_proxy` are read. Default `process.env`. */
  readonly proxyEnv?: Environment | undefined;
  /** For diagnosis: `control` or `blob` gives all that it can carry to one lane. Default `auto`: the bytes of big blobs go by the blob lane. */
  readonly lane?: LaneChoice | undefined;
  /**
   * Sends the requests in the place of connections of our own; it is not closed with the client. Connections, certificates, proxies and the addresses
   * that names stand for are then its business: `tls`, `insecure`, `connections`, `proxy`, `proxyEnv` and `timeouts.connectMs` are refused, and a loopback
   * host is asked over https unless `plainHttp` says else.
   */
  readonly dispatcher?: Dispatcher | undefined;
  /** Gets a line for each request (info), for bodies (debug), and before each further try (warn). Default: none. */
  readonly logger?: Logger | undefined;
  readonly logging?: LogOptions | undefined;
  /** Whether requests become spans where `@opentelemetry/api` is installed. Default true. */
  readonly tracing?: boolean | undefined;
  /** Waits between tries. For tests. */
  readonly sleep?: ((ms: number, signal?: AbortSignal) => Promise<void>) | undefined;
}
