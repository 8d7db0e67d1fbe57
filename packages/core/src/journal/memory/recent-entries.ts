/** A value, and when it was last recorded. */
export interface RecentEntry<V> {
  readonly value: V;
  readonly time: number;
}

export interface RecentEntriesOptions {
  /** The most entries; the one recorded longest ago goes. */
  readonly limit: number;
  /** How long one is kept, in ms. */
  readonly keepMs: number;
  readonly now: () => number;
}

/** A map that is bounded in entries and in age, in the order in which its entries were last recorded. */
export class RecentEntries<V> {
  readonly #entries = new Map<string, RecentEntry<V>>();
  readonly #options: RecentEntriesOptions;

  constructor(options: RecentEntriesOptions) {
    this.#options = options;
  }

  set(key: string, value: V): void {
    this.#entries.delete(key);
    this.#entries.set(key, { value, time: this.#options.now() });
    for (const oldest of this.#entries.keys()) {
      if (this.#entries.size <= this.#options.limit) return;
      this.#entries.delete(oldest);
    }
  }

  get(key: string): RecentEntry<V> | undefined {
    const entry = this.#entries.get(key);
    if (entry === undefined || this.#isCurrent(entry)) return entry;
    this.#entries.delete(key);
    return undefined;
  }

  delete(key: string): boolean {
    return this.#entries.delete(key);
  }

  /** Those that are not too old. */
  values(): readonly RecentEntry<V>[] {
    return [...this.#entries.values()].filter((entry) => this.#isCurrent(entry));
  }

  get size(): number {
    return this.values().length;
  }

  /** Removes everything. Gives how many entries there were. */
  clear(): number {
    const { size } = this.#entries;
    this.#entries.clear();
    return size;
  }

  #isCurrent({ time }: RecentEntry<V>): boolean {
    return this.#options.now() - time <= this.#options.keepMs;
  }
}
