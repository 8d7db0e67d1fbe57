/**
 * Does a task for each item, so many at once, and gives what they bring in the order of the items. Items are taken as slots become free, so memory is that of
 * `limit` results; a result is given as soon as it is there, also while the next item is waited for. The first failure is thrown when those under way have ended.
 */
export async function* inFlight<T, R>(
  items: AsyncIterable<T> | Iterable<T>,
  limit: number,
  task: (item: T) => Promise<R>,
): AsyncGenerator<R, void, void> {
  const window: Promise<R>[] = [];
  const iterator = Symbol.asyncIterator in items ? items[Symbol.asyncIterator]() : items[Symbol.iterator]();
  let pulling: Promise<IteratorResult<T, unknown>> | undefined;
  let isOver = false;
  try {
    for (;;) {
      if (!isOver && window.length < limit) {
        pulling ??= Promise.resolve(iterator.next());
        if (await isFirst(pulling, window[0])) {
          const { done = false, value } = await pulling;
          pulling = undefined;
          isOver = done;
          if (!isOver) begin(value as T);
          continue;
        }
      }
      const first = window.shift();
      if (first === undefined) return;
      yield await first;
    }
  } finally {
    await Promise.allSettled(window);
    if (!isOver) await ended(iterator, pulling);
  }

  function begin(item: T): void {
    const begun = task(item);
    begun.catch(() => {});
    window.push(begun);
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

/** Whether an item comes before a result. @throws where the items fail first. */
async function isFirst(pulling: Promise<unknown>, result: Promise<unknown> | undefined): Promise<boolean> {
  if (result === undefined) return true;
  const isResult = (): boolean => false;
  return Promise.race([pulling.then(() => true), result.then(isResult, isResult)]);
}

/** Ends the items; one that is waited for is not, since it may never come. */
async function ended(
  iterator: AsyncIterator<unknown> | Iterator<unknown>,
  pulling: Promise<unknown> | undefined,
): Promise<void> {
  const returning = Promise.resolve(iterator.return?.());
  pulling?.catch(() => {});
  if (pulling === undefined) await returning;
  else returning.catch(() => {});
}
