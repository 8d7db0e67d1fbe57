import type { FactValue, HostFact, ProfileJournal } from "../profile-journal.ts";

interface RecordedFact extends HostFact {
  readonly host: string;
}

/** What is known of hosts, in memory. */
export class MemoryProfiles implements ProfileJournal {
  /** By host, name, and whether the user has set it; the one recorded last is the last. */
  readonly #facts = new Map<string, RecordedFact>();
  readonly #limit: number;
  readonly #now: () => number;

  constructor(limit: number, now: () => number) {
    this.#limit = limit;
    this.#now = now;
  }

  async facts(host: string): Promise<readonly HostFact[]> {
    const holding = new Map<string, HostFact>();
    for (const { host: of, ...fact } of this.#current()) {
      if (of === host && (fact.setByUser || !holding.get(fact.name)?.setByUser)) holding.set(fact.name, fact);
    }
    return [...holding.values()].toSorted((a, b) => (a.name < b.name ? -1 : 1));
  }

  async learned(host: string, name: string, value: FactValue, { keepMs }: { readonly keepMs: number }): Promise<void> {
    const learned = this.#now();
    this.#record({ host, name, value, setByUser: false, learned, expires: learned + keepMs });
  }

  async set(host: string, name: string, value: FactValue): Promise<void> {
    this.#record({ host, name, value, setByUser: true, learned: this.#now(), expires: undefined });
  }

  async forget(host: string, name?: string): Promise<number> {
    let forgotten = 0;
    for (const [key, fact] of this.#facts) {
      if (fact.host !== host || (name !== undefined && fact.name !== name)) continue;
      this.#facts.delete(key);
      forgotten += 1;
    }
    return forgotten;
  }

  async *hosts(): AsyncGenerator<string, void, void> {
    yield* [...new Set(this.#current().map(({ host }) => host))].toSorted();
  }

  async clear(): Promise<number> {
    const { size } = this.#facts;
    this.#facts.clear();
    return size;
  }

  #current(): readonly RecordedFact[] {
    const now = this.#now();
    return [...this.#facts.values()].filter(({ expires }) => expires === undefined || expires > now);
  }

  #record(fact: RecordedFact): void {
    const key = JSON.stringify([fact.host, fact.name, fact.setByUser]);
    this.#facts.delete(key);
    this.#facts.set(key, fact);
    // What the user has set goes only by the user's word.
    for (const [oldest, { setByUser }] of this.#facts) {
      if (this.#facts.size <= this.#limit) return;
      if (!setByUser) this.#facts.delete(oldest);
    }
  }
}
