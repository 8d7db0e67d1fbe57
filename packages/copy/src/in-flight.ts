/**
 * Does a task for each item, so many at once, and gives what they bring in the order of the items. Items are taken as slots become free, so memory is that of
 * `limit` results. The first failure is thrown when those under way have ended.
 */
export async function* inFlight<T, R>(
  items: AsyncIterable<T> | Iterable<T>,
  limit: number,
  task: (item: T) => Promise<R>,
): AsyncGenerator<R, void, void> {
  const window: Promise<R>[] = [];
  try {
    for await (const item of items) {
      const first = window.length < limit ? undefined : window.shift();
      if (first !== undefined) yield await first;
      const begun = task(item);
      begun.catch(() => {});
      window.push(begun);
    }
    for (let first = window.shift(); first !== undefined; first = window.shift()) yield await first;
  } finally {
    await Promise.allSettled(window);
  }
}

/** The same where the order does not matter and nothing is given: a slow item holds none up. */
export async function forEachInFlight<T>(
  items: AsyncIterable<T> | Iterable<T>,
  limit: number,
  task: (item: T) => Promise<void>,
): Promise<void> {
  const running = new Set<Promise<void>>();
  let failure: { readonly error: unknown } | undefined;
  const begin = async (item: T): Promise<void> => {
    try {
      await task(item);
    } catch (error) {
      failure ??= { error };
    }
  };
  try {
    for await (const item of items) {
      const begun = begin(item).finally(() => running.delete(begun));
      running.add(begun);
      if (running.size >= limit) await Promise.race(running);
      if (failure !== undefined) break;
    }
  } finally {
    await Promise.all(running);
  }
  if (failure !== undefined) throw failure.error;
}
