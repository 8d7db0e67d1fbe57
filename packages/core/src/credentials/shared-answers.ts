/** A question that many may ask at once, by its key. */
export type Ask<T> = (key: string, signal?: AbortSignal) => Promise<T>;

interface Running<T> {
  readonly promise: Promise<T>;
  readonly stop: AbortController;
  waiting: number;
}

/**
 * Asks once for all who ask the same while the answer is on its way, and keeps the answer for `maxAgeMs`, a number or what it says of the
 * answer; a failure is not kept.
 * One asker's abort rejects that one only; when the last one has gone, the question itself is aborted, and that one waits for its end.
 */
export function sharedAnswers<T>(
  ask: (key: string, signal: AbortSignal) => Promise<T>,
  maxAgeMs: number | ((answer: T) => number),
): Ask<T> {
  const running = new Map<string, Running<T>>();
  const answers = new Map<string, { readonly value: T; readonly endsAt: number }>();

  function start(key: string): Running<T> {
    const stop = new AbortController();
    const forget = (): void => {
      if (running.get(key)?.stop === stop) running.delete(key);
    };
    const promise = ask(key, stop.signal).then((value) => {
      const ageMs = typeof maxAgeMs === "number" ? maxAgeMs : maxAgeMs(value);
      answers.set(key, { value, endsAt: performance.now() + ageMs });
      return value;
    });
    const started = { promise: promise.finally(forget), stop, waiting: 0 };
    running.set(key, started);
    return started;
  }

  return async (key, signal) => {
    signal?.throwIfAborted();
    const known = answers.get(key);
    if (known !== undefined && performance.now() < known.endsAt) return known.value;
    const shared = running.get(key) ?? start(key);
    shared.waiting += 1;
    if (signal === undefined) return shared.promise;
    const aborted = Promise.withResolvers<never>();
    const onAbort = (): void => {
      shared.waiting -= 1;
      if (shared.waiting > 0) {
        aborted.reject(signal.reason);
        return;
      }
      // Whoever asks from now on starts anew instead of sharing the abort.
      if (running.get(key) === shared) running.delete(key);
      shared.stop.abort(signal.reason);
    };
    signal.addEventListener("abort", onAbort, { once: true });
    try {
      return await Promise.race([shared.promise, aborted.promise]);
    } finally {
      signal.removeEventListener("abort", onAbort);
    }
  };
}
