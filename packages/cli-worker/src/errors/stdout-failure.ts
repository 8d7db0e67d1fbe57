import type { Writable } from "node:stream";
import { setImmediate as nextTurn } from "node:timers/promises";
import { systemMessage } from "./system-message.ts";

/** Whoever read stdout went away. */
export class BrokenPipe extends Error {
  constructor(options?: { readonly cause?: unknown }) {
    super("stdout was closed", options);
    this.name = "BrokenPipe";
  }
}

/** What a failed write to stdout means: a pipe that was closed is no failure of ours, a full disk is one that must be said. */
export function stdoutFailure(cause: unknown): Error {
  if (cause instanceof Error && "code" in cause && (cause.code === "EPIPE" || cause.code === "ERR_STREAM_DESTROYED")) {
    return new BrokenPipe({ cause });
  }
  return new Error(`Cannot write the result: ${systemMessage(cause)}`, { cause });
}

/**
 * Listens to a stream's failures, which without a listener end the process with a stack trace.
 * @returns what waits until all that was written is out, and gives the failure if there was one.
 */
export function watchWrites(stream: Writable): () => Promise<Error | undefined> {
  let failure: Error | undefined;
  stream.on("error", (error) => {
    failure ??= stdoutFailure(error);
  });
  return async () => {
    if (failure === undefined) await new Promise<void>((resolve) => stream.write("", () => resolve()));
    // The event comes after the callback of the write that failed.
    await nextTurn();
    return failure;
  };
}
