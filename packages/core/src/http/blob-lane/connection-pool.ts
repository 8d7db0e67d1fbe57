import type { LaneConnection } from "./lane-connection.ts";

/** How long an idle connection is kept where the server doesn't say, in ms. */
export const IDLE_MS: number = 30_000;
/** A server that says how long it keeps one may close it a moment earlier. */
const CLOCK_MS = 1_000;

interface Waiting {
  readonly grant: (connection: LaneConnection) => void;
  readonly refuse: (error: unknown) => void;
}

/**
 * The connections to one host and port: at most so many, kept for the next request, the one used
 * last first. The queue lets through no more requests than that: who finds none free waits for one
 * that is being closed, first come, first served.
 */
export class ConnectionPool {
  readonly #open: (onClose: () => void) => LaneConnection;
  readonly #most: number;
  readonly #all = new Set<LaneConnection>();
  readonly #idle: LaneConnection[] = [];
  readonly #waiting: Waiting[] = [];

  constructor(open: (onClose: () => void) => LaneConnection, most: number) {
    this.#open = open;
    this.#most = most;
  }

  /** A connection for one request: idle, or new and perhaps not connected yet. @throws the signal's reason. */
  async take(signal: AbortSignal): Promise<LaneConnection> {
    signal.throwIfAborted();
    for (let idle = this.#idle.pop(); idle !== undefined; idle = this.#idle.pop()) {
      if (idle.isUsable) return idle;
    }
    if (this.#all.size < this.#most) return this.#make();
    const { promise, resolve: grant, reject: refuse } = Promise.withResolvers<LaneConnection>();
    const waiting = { grant, refuse };
    this.#waiting.push(waiting);
    const onAbort = (): void => {
      const index = this.#waiting.indexOf(waiting);
      if (index >= 0) this.#waiting.splice(index, 1);
      refuse(signal.reason);
    };
    signal.addEventListener("abort", onAbort, { once: true });
    try {
      return await promise;
    } finally {
      signal.removeEventListener("abort", onAbort);
    }
  }

  /** Its answer is over, and it may be used again. @param keepAlive The header of the answer. */
  giveBack(connection: LaneConnection, keepAlive: string | undefined): void {
    connection.rest(idleMsOf(keepAlive));
    const next = this.#waiting.shift();
    if (next === undefined) this.#idle.push(connection);
    else next.grant(connection);
  }

  /** Closes all of them. */
  close(): void {
    for (const connection of this.#all) connection.destroy();
  }

  #make(): LaneConnection {
    const connection = this.#open(() => {
      this.#all.delete(connection);
      const index = this.#idle.indexOf(connection);
      if (index >= 0) this.#idle.splice(index, 1);
      this.#serve();
    });
    this.#all.add(connection);
    return connection;
  }

  #serve(): void {
    const next = this.#waiting.shift();
    if (next === undefined) return;
    try {
      next.grant(this.#make());
    } catch (error) {
      next.refuse(error);
    }
  }
}

function idleMsOf(keepAlive = ""): number {
  const said = /(?:^|[,\s])timeout=(\d{1,6})/i.exec(keepAlive)?.[1];
  return said === undefined ? IDLE_MS : Math.max(1, Math.min(IDLE_MS, Number(said) * 1000 - CLOCK_MS));
}
