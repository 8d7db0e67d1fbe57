import type { OnReadOpts, Socket } from "node:net";
import { MOST_HEAD_BYTES } from "../message/response-head.ts";

/** Whoever uses a connection: takes the bytes that come. */
export interface Receiver {
  /** Where the next bytes go, never empty; undefined for the connection's own room. */
  room(): Uint8Array | undefined;
  /** Bytes came to the start of the room. False pauses the connection: no more come until `resume()`, over TLS hardly any. */
  received(length: number): boolean;
  /** The connection was made, TLS and all. */
  connected(): void;
  /** It ended, or broke with an error; the last that is told. */
  closed(error: Error | undefined): void;
  /** Nothing moved for as long as `waitFor` said. */
  timedOut(): void;
}

/** Makes a socket that reads into the room that it is given. */
export type OpenSocket = (onread: OnReadOpts) => Socket;

/**
 * A connection that reads into memory that its user gives, rather than into new memory for each read, which costs more than all the rest. Between two
 * users it reads into its own room of 16 KiB, where the head of an answer goes too.
 */
export class LaneConnection {
  /** Where heads are read. */
  readonly ownRoom: Buffer = Buffer.allocUnsafeSlow(MOST_HEAD_BYTES);
  /** Whether it has answered a request. */
  answered = false;
  readonly #socket: Socket;
  readonly #isReady: () => boolean;
  #receiver: Receiver | undefined;
  #error: Error | undefined;
  #closed = false;
  #onClose: (() => void) | undefined;

  /** @param readyEvent After which it can be written to: `connect`, `secureConnect`. */
  constructor(open: OpenSocket, readyEvent: "connect" | "secureConnect", onClose: () => void) {
    let ready = false;
    this.#isReady = () => ready;
    this.#onClose = onClose;
    this.#socket = open({
      buffer: () => this.#receiver?.room() ?? this.ownRoom,
      callback: (length) => this.#read(length),
    });
    this.#socket.once(readyEvent, () => {
      ready = true;
      this.#socket.setNoDelay(true);
      this.#receiver?.connected();
    });
    this.#socket.on("error", (error) => {
      this.#error = error;
    });
    // The peer ends its side: there is no more to come, and nothing is sent to who doesn't answer.
    this.#socket.on("end", () => this.destroy());
    this.#socket.on("close", () => this.#close());
    this.#socket.on("timeout", () => {
      if (this.#receiver === undefined) this.destroy();
      else this.#receiver.timedOut();
    });
  }

  get isConnected(): boolean {
    return this.#isReady();
  }

  get isUsable(): boolean {
    return !this.#closed && !this.#socket.destroyed;
  }

  /** Begins to serve one, which is told when it is connected; where it `isConnected` already, it is told nothing of that. */
  use(receiver: Receiver): void {
    this.#receiver = receiver;
    this.#socket.ref();
    this.#socket.setTimeout(0);
  }

  /** Its user has its whole answer: the connection waits for the next one, and doesn't keep the process alive. */
  rest(idleMs: number): void {
    this.#receiver = undefined;
    this.answered = true;
    this.#socket.setTimeout(idleMs);
    this.#socket.unref();
  }

  send(head: string): void {
    this.#socket.write(head, "latin1");
  }

  /** Reads on after a pause. */
  resume(): void {
    this.#socket.resume();
  }

  /** Calls `timedOut` once nothing moved for so long; 0 for never. */
  waitFor(ms: number): void {
    this.#socket.setTimeout(ms);
  }

  /** Closes it now; its user is told when it is closed, and nothing is written to its room any more. */
  destroy(error?: Error): void {
    this.#error ??= error;
    this.#socket.destroy();
  }

  #read(length: number): boolean {
    if (this.#receiver !== undefined) return this.#receiver.received(length);
    // Nobody asked anything.
    this.destroy();
    return false;
  }

  #close(): void {
    this.#closed = true;
    this.#onClose?.();
    this.#onClose = undefined;
    const receiver = this.#receiver;
    this.#receiver = undefined;
    receiver?.closed(this.#error);
  }
}
