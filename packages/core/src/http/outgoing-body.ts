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

/**
 * Feeds content to a connection, piece by piece as the connection takes it. Memory: one piece.
 * When the connection closes or the answer comes early, the content's iterator is told to return; it isn't waited for, since it may be
 * in the middle of a slow read.
 */
export function outgoingBody(content: AsyncIterable<Uint8Array>): OutgoingBody {
  const iterator = content[Symbol.asyncIterator]();
  let failure: { readonly error: unknown } | undefined;
  let stopped = false;
  let taken = 0;

  async function pull(stream: Readable): Promise<void> {
    try {
      const next = await iterator.next();
      // An answer that came meanwhile is read before more is written: writing to a connection that the peer has closed would lose it.
      await new Promise((resolve) => setImmediate(resolve));
      if (stopped) return;
      if (next.done !== true) taken += next.value.length;
      stream.push(next.done === true ? null : next.value);
    } catch (error) {
      failure = { error };
      stream.destroy(error instanceof Error ? error : new Error("the content failed", { cause: error }));
    }
  }

  function release(): void {
    if (stopped) return;
    stopped = true;
    Promise.resolve(iterator.return?.()).catch(() => {});
  }

  const stream = new Readable({
    objectMode: true,
    highWaterMark: 1,
    read() {
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
