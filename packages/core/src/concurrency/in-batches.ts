/** Small requests of one call that are in flight. */
export const SMALL_AT_ONCE = 8;

/**
 * Does a task for each item, `atOnce` of them at a time, and gives what they bring in the order of the items. A failure is thrown when the others of its
 * batch have ended, so nothing runs on. Leaving early starts no further batch.
 */
export async function* inBatches<T, R>(
  items: AsyncIterable<T> | Iterable<T>,
  atOnce: number,
  task: (item: T) => Promise<R>,
): AsyncGenerator<R, void, void> {
  const batch: T[] = [];
  for await (const item of items) {
    batch.push(item);
    if (batch.length === atOnce) yield* await settle(batch.splice(0), task);
  }
  yield* await settle(batch, task);
}

async function settle<T, R>(batch: readonly T[], task: (item: T) => Promise<R>): Promise<readonly R[]> {
  const settled = await Promise.allSettled(batch.map(task));
  return settled.map((result) => {
    if (result.status === "rejected") throw result.reason;
    return result.value;
  });
}
