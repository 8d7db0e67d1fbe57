/** Requests in flight: a few more than a registry's connections keep busy. */
const TASKS_AT_ONCE = 16;

/**
 * Does a task for each item, some at once, and gives what they bring in the order of the items. After a failure no further one is begun, and it is thrown when those
 * under way have ended.
 */
export async function atOnce<T, R>(items: readonly T[], task: (item: T) => Promise<R>): Promise<readonly R[]> {
  const results = new Map<number, R>();
  const rest = items.entries();
  let failed = false;
  const work = async (): Promise<void> => {
    for (const [index, item] of rest) {
      if (failed) return;
      try {
        results.set(index, await task(item));
      } catch (error) {
        failed = true;
        throw error;
      }
    }
  };
  const workers = Array.from({ length: Math.min(TASKS_AT_ONCE, items.length) }, work);
  for (const { status, reason } of (await Promise.allSettled(workers)).map(outcomeOf)) {
    if (status === "rejected") throw reason;
  }
  return [...results].toSorted(([a], [b]) => a - b).map(([, result]) => result);
}

function outcomeOf(settled: PromiseSettledResult<void>): { readonly status: string; readonly reason: unknown } {
  return { status: settled.status, reason: settled.status === "rejected" ? settled.reason : undefined };
}
