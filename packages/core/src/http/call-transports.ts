import type { CallConnection } from "./call-connection.ts";
import type { Transport } from "./transport.ts";

/** The transports of calls that want connections of their own: one for each dispatcher, and one for whatever else says the same, however many calls say it. */
export class CallTransports {
  readonly #connect: (connection: CallConnection) => Transport;
  readonly #made = new Map<unknown, Transport>();

  constructor(connect: (connection: CallConnection) => Transport) {
    this.#connect = connect;
  }

  /** @throws {SyntaxError} for a bad proxy. */
  of(connection: CallConnection): Transport {
    const { dispatcher, proxy, tls, insecure, connectMs } = connection;
    const key = dispatcher ?? JSON.stringify([proxy, tls, insecure, connectMs]);
    const made = this.#made.get(key) ?? this.#connect(connection);
    this.#made.set(key, made);
    return made;
  }

  async close(): Promise<void> {
    await Promise.all([...this.#made.values()].map((transport) => transport.close()));
  }
}
