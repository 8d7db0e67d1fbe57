import { type ClientRequest, Agent as PlainAgent, request as plainRequest } from "node:http";
import { Agent as TlsAgent, request as tlsRequest } from "node:https";
import type { SlabPool } from "../../bytes/slab-pool.ts";
import type { Dispatchers, DispatchersOptions } from "../control-lane/dispatchers.ts";
import type { ExchangeTimeouts, Lane, LaneExchange } from "../lane.ts";
import { trafficOf } from "../message/big-body.ts";
import type { HttpRequest } from "../message/message.ts";
import { connector, type Destination, destinationOf, tlsOptionsOf } from "./connect.ts";
import { ConnectionPool, IDLE_MS } from "./connection-pool.ts";
import { GetExchange } from "./get-exchange.ts";
import { LaneConnection } from "./lane-connection.ts";
import { PutExchange } from "./put-exchange.ts";

export interface BlobLaneOptions extends Pick<DispatchersOptions, "connections" | "connectTimeoutMs" | "lookup"> {
  readonly timeouts: ExchangeTimeouts;
  /** Knows the certificates, and how a host is reached. */
  readonly dispatchers: Dispatchers;
  readonly slabs: SlabPool;
}

/** A body over this many bytes is announced to a host that was sent none yet. */
const ASKED_BODY = 1024 * 1024;

/**
 * Carries the bytes of big blobs: answers are read into slabs that are used again, rather than into new memory for each read, and bodies are sent from
 * them. It speaks HTTP/1.1 over connections of its own, directly; what goes through a proxy or a caller's own dispatcher is the control lane's.
 */
export class BlobLane implements Lane {
  readonly #options: BlobLaneOptions;
  readonly #pools = new Map<string, ConnectionPool>();
  readonly #agents = new Map<string, PlainAgent>();
  /** Hosts that were asked before a long body. */
  readonly #asked = new Set<string>();
  /** Hosts that refuse to be asked. */
  readonly #notAsked = new Set<string>();

  constructor(options: BlobLaneOptions) {
    this.#options = options;
  }

  exchange(request: HttpRequest, closing: AbortSignal): LaneExchange {
    const { connectTimeoutMs: connectMs, dispatchers, slabs } = this.#options;
    const timeouts = { ...this.#options.timeouts, connectMs };
    const { route } = dispatchers.to(request.url);
    if (request.body === undefined && (request.method === "GET" || request.method === "HEAD")) {
      return new GetExchange(request, {
        pool: this.#pool(request),
        slabs,
        timeouts,
        route,
        closing,
        onOddBody: () => dispatchers.readLeniently(request.url),
      });
    }
    return new PutExchange(request, {
      open: (sent, headers) => this.#open(sent, headers),
      timeouts,
      route,
      closing,
      asksFirst: this.#asksFirst(request),
      onNotAsked: () => this.#notAsked.add(request.url.host),
    });
  }

  async close(): Promise<void> {
    for (const pool of this.#pools.values()) pool.close();
    for (const agent of this.#agents.values()) agent.destroy();
  }

  #asksFirst({ url, contentLength = 0, asksFirst = false }: HttpRequest): boolean {
    if (this.#notAsked.has(url.host)) return false;
    if (asksFirst) return true;
    if (contentLength <= ASKED_BODY) return false;
    if (this.#asked.has(url.host)) return false;
    this.#asked.add(url.host);
    return true;
  }

  #pool(request: HttpRequest): ConnectionPool {
    const { url } = request;
    const key = `${trafficOf(request)} ${url.origin}`;
    const known = this.#pools.get(key);
    if (known !== undefined) return known;
    const open = connector(this.#destination(url));
    const event = url.protocol === "https:" ? "secureConnect" : "connect";
    const pool = new ConnectionPool((onClose) => new LaneConnection(open, event, onClose), this.#options.connections);
    this.#pools.set(key, pool);
    return pool;
  }

  #open(request: HttpRequest, headers: Readonly<Record<string, string>>): ClientRequest {
    const { method, url } = request;
    const destination = this.#destination(url);
    const { host, port, lookup, tls } = destination;
    const options = {
      method,
      host,
      port,
      lookup,
      path: `${url.pathname}${url.search}`,
      headers: { host: url.host, ...headers },
    };
    if (tls === undefined) return plainRequest({ ...options, agent: this.#agent(request) });
    return tlsRequest({ ...options, ...tlsOptionsOf(destination), agent: this.#agent(request) });
  }

  #agent(request: HttpRequest): PlainAgent {
    const { url } = request;
    const key = `${trafficOf(request)} ${url.origin}`;
    const known = this.#agents.get(key);
    if (known !== undefined) return known;
    // The queue lets through no more requests than that: the agent makes none of them wait.
    // Of one in use the timeout says only that it is over; one that is idle it closes.
    const options = { keepAlive: true, maxSockets: this.#options.connections, timeout: IDLE_MS };
    const agent = url.protocol === "https:" ? new TlsAgent(options) : new PlainAgent(options);
    this.#agents.set(key, agent);
    return agent;
  }

  #destination(url: URL): Destination {
    return destinationOf(url, this.#options.lookup, this.#options.dispatchers.tlsFor(url));
  }
}
