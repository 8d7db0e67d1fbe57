import process from "node:process";
import { stdoutFailure } from "./stdout-failure.ts";

/** The user or the system asked to end: SIGINT ("interrupted") or SIGTERM ("terminated"). */
export class Interrupted extends Error {
  readonly code = "INTERRUPTED";
  readonly signal: NodeJS.Signals;

  constructor(signal: NodeJS.Signals) {
    super(signal === "SIGTERM" ? "terminated" : "interrupted");
    this.name = "Interrupted";
    this.signal = signal;
  }
}

const SIGNALS: readonly NodeJS.Signals[] = ["SIGINT", "SIGTERM"];

/**
 * Runs work that ends cleanly when its signal aborts: on the first SIGINT or SIGTERM, or when stdout can't be written to. A second
 * SIGINT or SIGTERM ends the process at once.
 * @throws {Interrupted} {BrokenPipe} what `stdoutFailure` gives, once the work has ended, in the place of whatever it threw.
 */
export async function interruptible<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const controller = new AbortController();
  const onSignal = (signal: NodeJS.Signals): void => {
    if (controller.signal.reason instanceof Interrupted) endAtOnce(signal);
    controller.abort(new Interrupted(signal));
  };
  const onOutputError = (cause: unknown): void => controller.abort(stdoutFailure(cause));
  for (const signal of SIGNALS) process.on(signal, onSignal);
  process.stdout.on("error", onOutputError);
  try {
    const result = await work(controller.signal);
    controller.signal.throwIfAborted();
    return result;
  } catch (error) {
    controller.signal.throwIfAborted();
    throw error;
  } finally {
    for (const signal of SIGNALS) process.off(signal, onSignal);
  }

  /** Exiting waits for the threads of the file system, and one of them may be stuck for ever: the signal itself, unhandled, waits for nothing. */
  function endAtOnce(signal: NodeJS.Signals): never {
    process.off(signal, onSignal);
    process.kill(process.pid, signal);
    // The first process of a container is not ended by it.
    process.exit(signal === "SIGTERM" ? 143 : 130);
  }
}
