import { connect as connectPlain, isIP, type LookupFunction, type OnReadOpts, type Socket } from "node:net";
import { type ConnectionOptions, connect as connectTls, type SecureContext } from "node:tls";
import { bareHostname } from "../locations/address.ts";

/** How one host and port is reached. */
export interface Destination {
  readonly host: string;
  readonly port: number;
  readonly lookup: LookupFunction;
  /** Undefined for plain HTTP. */
  readonly tls: { readonly secureContext: SecureContext; readonly rejectUnauthorized: boolean } | undefined;
}

export function destinationOf(url: URL, lookup: LookupFunction, tls: Destination["tls"]): Destination {
  return {
    host: bareHostname(url.hostname),
    port: Number(url.port || (url.protocol === "https:" ? 443 : 80)),
    lookup,
    tls,
  };
}

/** What node:tls is told: HTTP/1.1 and nothing else is offered, and the name is sent where it is one. */
export function tlsOptionsOf({
  host,
  tls,
}: Destination): Pick<ConnectionOptions, "ALPNProtocols" | "servername" | "secureContext" | "rejectUnauthorized"> {
  return { ...tls, ALPNProtocols: ["http/1.1"], ...(isIP(host) === 0 ? { servername: host } : {}) };
}

/** Opens sockets to one destination; over TLS each takes up the session of one before it. */
export function connector(destination: Destination): (onread: OnReadOpts) => Socket {
  const { host, port, lookup, tls } = destination;
  if (tls === undefined) return (onread) => connectPlain({ host, port, lookup, onread });
  let session: Buffer | undefined;
  return (onread) => {
    const options: ConnectionOptions & { onread: OnReadOpts } = {
      host,
      port,
      lookup,
      onread,
      ...tlsOptionsOf(destination),
      session,
    };
    const socket = connectTls(options);
    socket.on("session", (newest) => {
      session = newest;
    });
    return socket;
  };
}
