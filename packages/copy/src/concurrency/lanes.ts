import { withAbort } from "./with-abort.ts";

/** Items that came and were not taken yet. */
class Lane<T> implements AsyncIterable<T> {
  readonly #items: T[] = [];
  #isOver = false;
  #wake: (() => void) | undefined;

  add(item: T): void {
    this.#items.push(item);
    this.#wake?.();
  }

  end(): void {
    this.#isOver = true;
    this.#wake?.();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<T, void, void> {
    for (;;) {
      const item = this.#items.shift();
      if (item !== undefined) yield item;
      else if (this.#isOver) return;
      else
        await new Promise<void>((resolve) => {
          this.#wake = resolve;
        });
    }
  }
}

/**
 * Splits items into lanes, in their order: each lane is read at its own pace, so that what takes long in one holds no other up. A lane is given as soon as its first
 * item comes; all of them have to be read. Memory: the items that were not read yet.
 * @throws what the items throw; the signal's reason, also while an item is waited for.
 */
export async function* lanesOf<T extends object>(
  items: AsyncIterable<T> | Iterable<T>,
  keyOf: (item: T) => string,
  signal: AbortSignal,
): AsyncGenerator<AsyncIterable<T>, void, void> {
  const lanes = new Map<string, Lane<T>>();
  const iterator = Symbol.asyncIterator in items ? items[Symbol.asyncIterator]() : items[Symbol.iterator]();
  let isDone = false;
  try {
    for (;;) {
      const next = iterator.next();
      const { done, value } = next instanceof Promise ? await withAbort(next, signal) : next;
      isDone = done === true;
      if (done === true) return;
      const key = keyOf(value);
      const known = lanes.get(key);
      const lane = known ?? new Lane<T>();
      lane.add(value);
      if (known !== undefined) continue;
      lanes.set(key, lane);
      yield lane;
    }
  } finally {
    for (const lane of lanes.values()) lane.end();
    // Not awaited: it may wait for what was aborted.
    if (!isDone) void Promise.resolve(iterator.return?.()).catch(() => {});
  }
}

/**
 * Works on all lanes at once. The first failure is thrown when the work on all that were begun has ended; after it no further lane is begun.
 */
export async function forEachLane<T>(
  lanes: AsyncIterable<AsyncIterable<T>>,
  work: (lane: AsyncIterable<T>) => Promise<void>,
): Promise<void> {
  const running: Promise<void>[] = [];
  let failure: { readonly error: unknown } | undefined;
  const begin = async (lane: AsyncIterable<T>): Promise<void> => {
    try {
      await work(lane);
    } catch (error) {
      failure ??= { error };
    }
  };
  try {
    for await (const lane of lanes) {
      running.push(begin(lane));
      if (failure !== undefined) break;
    }
  } finally {
    await Promise.all(running);
  }
  if (failure !== undefined) throw failure.error;
}
