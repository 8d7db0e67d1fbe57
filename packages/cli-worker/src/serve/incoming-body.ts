import type { IncomingMessage } from "node:http";
import type { ClientRate } from "./client-rate.ts";

/** Bytes that may wait to be consumed before the client is made to wait. */
const HIGH_WATER_BYTES = 1024 * 1024;

/** The client's connection broke before its request was complete. */
export class BrokenRequest extends Error {
  constructor() {
    super("The connection broke before the request was complete");
    this.name = "BrokenRequest";
  }
}

export interface IncomingBodyOptions {
  readonly onStart: () => void;
  readonly rate?: ClientRate | undefined;
}

/**
 * The body of a request. Unlike the stream's own iterator it gives every byte that arrived before it throws for a broken connection.
 * Memory: about 1 MiB. `onStart` is called before the first read (for `Expect: 100-continue`). `rate` measures how fast it comes.
 * @throws {BrokenRequest}
 */
export async function* incomingBody(
  request: IncomingMessage,
  { onStart, rate }: IncomingBodyOptions,
): AsyncGenerator<Uint8Array, void, void> {
  const queue: Uint8Array[] = [];
  let queued = 0;
  const end: { seen: "no" | "complete" | "broken" } = { seen: "no" };
  let news = Promise.withResolvers<void>();

  const onData = (chunk: Uint8Array): void => {
    queue.push(chunk);
    queued += chunk.length;
    rate?.moved(chunk.length);
    if (queued >= HIGH_WATER_BYTES) request.pause();
    news.resolve();
  };
  const onEnd = (): void => {
    end.seen = "complete";
    news.resolve();
  };
  const onBroken = (): void => {
    if (end.seen !== "no") return;
    end.seen = "broken";
    request.off("data", onData);
    // What waited in the stream while it was paused would be dropped with it.
    for (let chunk: unknown = request.read(); chunk instanceof Uint8Array; chunk = request.read()) queue.push(chunk);
    news.resolve();
  };

  onStart();
  if (request.destroyed && !request.readableEnded) onBroken();
  else request.on("data", onData).on("end", onEnd).on("aborted", onBroken).on("close", onBroken);
  try {
    for (;;) {
      const chunk = queue.shift();
      if (chunk !== undefined) {
        queued -= chunk.length;
        if (end.seen === "no" && queued < HIGH_WATER_BYTES / 2 && request.isPaused()) request.resume();
        yield chunk;
      } else if (end.seen === "complete") {
        return;
      } else if (end.seen === "broken") {
        throw new BrokenRequest();
      } else {
        await (rate?.during(news.promise) ?? news.promise);
        news = Promise.withResolvers<void>();
      }
    }
  } finally {
    request.off("data", onData).off("end", onEnd).off("aborted", onBroken).off("close", onBroken);
    if (end.seen === "no") request.pause();
  }
}
