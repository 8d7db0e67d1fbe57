import type { CallConnection } from "../../call/call-connection.ts";
import type { Lanes } from "../../http/lanes.ts";

/**
 * The lanes of calls that want connections of their own: those of one dispatcher, and those of
 * whatever else says the same, however many calls say it.
 */
export class CallLanes {
  readonly #connect: (connection: CallConnection) => Lanes;
  readonly #made = new Map<unknown, Lanes>();
  readonly #known = new WeakMap<CallConnection, Lanes>();

  constructor(connect: (connection: CallConnection) => Lanes) {
    this.#connect = connect;
  }

  /** @throws {SyntaxError} for a bad proxy. */
  of(connection: CallConnection): Lanes {
    const known = this.#known.get(connection);
    if (known !== undefined) return known;
    const { dispatcher, proxy, tls, insecure, connectMs } = connection;
    const key = dispatcher ?? JSON.stringify([proxy, tls, insecure, connectMs]);
    const lanes = this.#made.get(key) ?? this.#connect(connection);
    this.#made.set(key, lanes);
    this.#known.set(connection, lanes);
    return lanes;
  }

  async close(): Promise<void> {
    await Promise.all([...this.#made.values()].map((lanes) => lanes.close()));
  }
}
