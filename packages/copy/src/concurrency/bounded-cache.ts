import { LRUCache } from "lru-cache";

/** Keeps the entries that were used last, so many at most. By size, each of 1: with `max`, the memory for all of them would be taken at once. */
export function boundedCache<K extends string, V extends object>(most: number): LRUCache<K, V> {
  return new LRUCache({ maxSize: most, sizeCalculation: () => 1 });
}
