import type { Dispatcher } from "undici";
import type { TlsOptions } from "./tls-options.ts";

/**
 * How the requests of a call reach the registry, in the place of what its client says, field by field. Calls that say the same share connections, which are made
 * when they are needed and closed with the client.
 */
export interface CallConnection {
  /** `http://[USER:PASSWORD@]HOST:PORT` (or https); false for none. */
  readonly proxy?: string | false | undefined;
  readonly tls?: TlsOptions | undefined;
  /** Takes any certificate of the registry. */
  readonly insecure?: boolean | undefined;
  /** To connect, TLS included, in ms. */
  readonly connectMs?: number | undefined;
  /** Sends the requests in the place of connections of our own, and goes with none of the others. It is not closed, and remembered: give many calls the same. */
  readonly dispatcher?: Dispatcher | undefined;
}
