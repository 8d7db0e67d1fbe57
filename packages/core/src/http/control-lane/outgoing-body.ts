import { Readable } from "node:stream";

/** The body of a request while it is sent. */
export interface OutgoingBody {
  readonly stream: Readable;
  /** What the content itself failed with, as opposed to the connection. */
  readonly failure: { readonly error: unknown } | undefined;
  /** Bytes that were handed to the connection. */
  readonly taken: number;
  /** Sends nothing more, since the answer is there already; the connection is closed with the end of the answer. */
  stop(): void;
}

/** The peer took nothing more of a body for so long. */
export class BodyNotTakenError extends Error {
  override readonly name = "BodyNotTakenError";
  readonly code = "BODY_NOT_TAKEN";
}

/**
 * The most bytes that are handed over at once: on a thin line more would take longer than `idleMs`.
 */
const PIECE_BYTES = 256 * 1024;

/**
 * Feeds content to a connection, piece by piece as the connection takes it. Memory: one piece.
 * When the connection closes or the answer comes early, the content's iterator is told to return; it isn't waited for, since it may be
 * in the middle of a slow read.
 * @param idleMs How long the connection may take nothing of a piece that is there, before the body fails with BodyNotTakenError; 0: for ever. Waiting for the
 * content itself does not count.
 */
export function outgoingBody(content: AsyncIterable<Uint8Array>, idleMs: number): OutgoingBody {
  const iterator = content[Symbol.asyncIterator]();
  let failure: { readonly error: unknown } | undefined;
  let stopped = false;
  let taken = 0;
  let idle: NodeJS.Timeout | undefined;
  let piece: Uint8Array = new Uint8Array();

  async function next(): Promise<Uint8Array | undefined> {
    while (piece.length === 0) {
      const { done, value } = await iterator.next();
      if (done === true) return undefined;
      piece = value;
    }
    const part = piece.subarray(0, PIECE_BYTES);
    piece = piece.subarray(PIECE_BYTES);
    return part;
  }

  function watch(stream: Readable): void {
    if (idleMs === 0) return;
    idle = setTimeout(() => stream.destroy(new BodyNotTakenError("nothing was taken")), idleMs);
  }

  async function pull(stream: Readable): Promise<void> {
    try {
      const part = await next();
      // An answer that came meanwhile is read before more is written: writing to a connection that the peer has closed would lose it.
      await new Promise((resolve) => setImmediate(resolve));
      if (stopped) return;
      if (part !== undefined) {
        taken += part.length;
        watch(stream);
      }
      stream.push(part ?? null);
    } catch (error) {
      failure = { error };
      stream.destroy(error instanceof Error ? error : new Error("the content failed", { cause: error }));
    }
  }

  function release(): void {
    clearTimeout(idle);
    if (stopped) return;
    stopped = true;
    Promise.resolve(iterator.return?.()).catch(() => {});
  }

  const stream = new Readable({
    objectMode: true,
    highWaterMark: 1,
    read() {
      clearTimeout(idle);
      if (!stopped) void pull(this);
    },
    destroy(error, callback) {
      release();
      callback(error);
    },
  });
  return {
    stream,
    get failure() {
      return failure;
    },
    get taken() {
      return taken;
    },
    stop: release,
  };
}
