import { pause } from "../../concurrency/pause.ts";
import type { LeaseJournal } from "../../journal/lease-journal.ts";
import type { BlobLease, LeaseOptions } from "../../store/store.ts";
import type { Saving } from "../profile/saving.ts";
import { NO_LEASE, RenewedLease } from "./renewed-lease.ts";

/** Times of leases, in ms. */
export interface LeaseTimes {
  /** For how long a lease is given: so long others wait for a process that is suspended. */
  readonly ttlMs: number;
  /**
   * How long its work may stand still until it is not renewed any more: as long as a body may
   * pause.
   */
  readonly stillMs: number;
  /** How often it is looked whether a lease that is waited for is free. */
  readonly lookMs: number;
  /** A journal that takes longer for a response is not asked for leases any more. */
  readonly journalMs: number;
}

const TIMES: LeaseTimes = { ttlMs: 20_000, stillMs: 60_000, lookMs: 50, journalMs: 20_000 };

/** Called when a lease may be free. */
type Wake = () => void;

/**
 * The leases at one registry, by which processes that share a journal do a piece of work once. They
 * never hold work up: where the journal fails, or takes too long, nobody has a lease and the work
 * is done.
 * Requests: none. Cost: two writes of the journal for each lease; while one is waited for, one read
 * every 50 ms.
 */
export class RegistryLeases {
  readonly #saving: Saving;
  readonly #times: LeaseTimes;
  readonly #waiting = new Map<string, Set<Wake>>();
  /** Undefined where there is none, or it took too long. */
  #journal: LeaseJournal | undefined;
  #isLooking = false;

  /** @param times Of tests. Default: those of `LeaseTimes`, 20 s, 60 s, 50 ms and 20 s. */
  constructor(journal: LeaseJournal | undefined, saving: Saving, times: Partial<LeaseTimes> = {}) {
    this.#journal = journal;
    this.#saving = saving;
    this.#times = { ...TIMES, ...times };
  }

  /** Whether there is a journal that other processes may share. */
  get isShared(): boolean {
    return this.#journal !== undefined;
  }

  /** Acquires a lease; "held" where somebody has it. */
  async acquire(name: string): Promise<BlobLease | "held"> {
    const journal = this.#journal;
    if (journal === undefined) return NO_LEASE;
    const { ttlMs, stillMs } = this.#times;
    const acquired = await this.#answered(() => journal.acquire(name, { ttlMs }));
    if (acquired === "failed") return NO_LEASE;
    if (acquired.value === undefined) return "held";
    return new RenewedLease(journal, acquired.value, { ttlMs, stillMs, saving: this.#saving });
  }

  /** Acquires a lease once nobody holds it. @throws the signal's reason. */
  async wait(name: string, signal: AbortSignal): Promise<BlobLease> {
    for (;;) {
      const lease = await this.acquire(name);
      if (lease !== "held") return lease;
      await this.freed(name, { signal });
    }
  }

  /**
   * Resolves when nobody holds the lease, as far as the journal tells, or when `waitMs` have
   * passed. @throws the signal's reason.
   */
  async freed(name: string, { signal, waitMs }: Pick<LeaseOptions, "signal" | "waitMs"> = {}): Promise<void> {
    signal?.throwIfAborted();
    const wakes = this.#waiting.get(name) ?? new Set<Wake>();
    this.#waiting.set(name, wakes);
    const { promise, resolve } = Promise.withResolvers<void>();
    const wake: Wake = () => resolve();
    wakes.add(wake);
    signal?.addEventListener("abort", wake, { once: true });
    const timer = waitMs === undefined ? undefined : setTimeout(wake, waitMs);
    void this.#look();
    await promise;
    clearTimeout(timer);
    signal?.removeEventListener("abort", wake);
    wakes.delete(wake);
    if (wakes.size === 0 && this.#waiting.get(name) === wakes) this.#waiting.delete(name);
    signal?.throwIfAborted();
  }

  /** Looks again and again while somebody waits: one question for all. */
  async #look(): Promise<void> {
    if (this.#isLooking) return;
    this.#isLooking = true;
    while (this.#waiting.size > 0) {
      await pause(this.#times.lookMs);
      const held = await this.#held();
      for (const [name, wakes] of this.#waiting) {
        if (held.has(name)) continue;
        this.#waiting.delete(name);
        for (const wake of wakes) wake();
      }
    }
    this.#isLooking = false;
  }

  async #held(): Promise<ReadonlySet<string>> {
    const journal = this.#journal;
    if (journal === undefined) return new Set();
    const answer = await this.#answered(() => journal.held());
    return new Set(answer === "failed" ? [] : answer.value.map(({ name }) => name));
  }

  /** What the journal answers; "failed" where it rejects, or takes too long. */
  async #answered<T>(ask: () => Promise<T>): Promise<{ readonly value: T } | "failed"> {
    const { promise: late, resolve } = Promise.withResolvers<"failed">();
    const timer = setTimeout(() => {
      this.#journal = undefined;
      resolve("failed");
    }, this.#times.journalMs);
    const asked = async (): Promise<{ readonly value: T } | "failed"> => {
      try {
        return { value: await ask() };
      } catch {
        return "failed";
      }
    };
    try {
      return await Promise.race([asked(), late]);
    } finally {
      clearTimeout(timer);
    }
  }
}
