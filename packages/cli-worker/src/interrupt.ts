import process from "node:process";

/** The user or the system asked to end: SIGINT or SIGTERM. */
export class Interrupted extends Error {
  readonly code = "INTERRUPTED";
  readonly signal: NodeJS.Signals;

  constructor(signal: NodeJS.Signals) {
    super("interrupted");
    this.name = "Interrupted";
    this.signal = signal;
  }
}

/** Whoever read stdout went away. */
export class BrokenPipe extends Error {
  constructor(options?: { readonly cause?: unknown }) {
    super("stdout was closed", options);
    this.name = "BrokenPipe";
  }
}

const SIGNALS: readonly NodeJS.Signals[] = ["SIGINT", "SIGTERM"];

/**
 * Runs work that ends cleanly when its signal aborts: on the first SIGINT or SIGTERM, or when stdout is closed by its reader. A second
 * SIGINT or SIGTERM ends the process at once, with exit code 130.
 * @throws {Interrupted} {BrokenPipe} once the work has ended, in the place of whatever it threw.
 */
export async function interruptible<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const controller = new AbortController();
  const onSignal = (signal: NodeJS.Signals): void => {
    if (controller.signal.reason instanceof Interrupted) process.exit(130);
    controller.abort(new Interrupted(signal));
  };
  const onOutputError = (cause: unknown): void => controller.abort(new BrokenPipe({ cause }));
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
    // The listener on stdout stays: without one, a write that fails late would end the process with a stack trace.
  }
}
