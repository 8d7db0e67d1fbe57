import { describe, expect, it } from "vitest";
import type { LeaseJournal } from "../../journal/lease-journal.ts";
import { MemoryJournal } from "../../journal/memory/memory-journal.ts";
import type { BlobLease } from "../../store/store.ts";
import { Saving } from "../profile/saving.ts";
import { type LeaseTimes, RegistryLeases } from "./registry-leases.ts";

const NAME = "blob registry.example me sha256:…";
const QUICK: Partial<LeaseTimes> = { lookMs: 1, journalMs: 50 };

/** The leases of as many processes that share a journal, whose clock the test moves. */
function processes(count: number, times: Partial<LeaseTimes> = QUICK) {
  let now = 0;
  const journal = new MemoryJournal({ now: () => now });
  const journals = Array.from({ length: count }, () => journal.peer());
  return {
    journals,
    leases: journals.map(({ leases }) => new RegistryLeases(leases, new Saving(), times)),
    pass: (ms: number): void => {
      now += ms;
    },
  };
}

async function acquired(leases: RegistryLeases | undefined): Promise<BlobLease> {
  const lease = await leases?.acquire(NAME);
  if (lease === undefined || lease === "held") throw new Error("the lease is held");
  return lease;
}

describe("RegistryLeases", () => {
  it("gives a lease to one process, and wakes every other one when it is released", async () => {
    const { leases } = processes(3);
    const [first, second, third] = leases;
    const lease = await acquired(first);
    expect([await second?.acquire(NAME), await third?.acquire(NAME), await first?.acquire(NAME)]).toEqual([
      "held",
      "held",
      "held",
    ]);
    const freed: number[] = [];
    const waits = [second, third, third].map((waiting, at) => waiting?.freed(NAME).then(() => freed.push(at)));
    expect(await second?.acquire("another")).not.toBe("held");
    expect(freed).toEqual([]);
    lease.release();
    lease.release();
    await Promise.all(waits);
    await acquired(second);
  });

  it("wakes a process that waits when its signal is aborted", async () => {
    const { leases, journals } = processes(2);
    await acquired(leases[0]);
    const abort = new AbortController();
    const reason = new Error("stop");
    const waiting = leases[1]?.freed(NAME, { signal: abort.signal });
    abort.abort(reason);
    await expect(waiting).rejects.toBe(reason);
    await expect(leases[1]?.freed(NAME, { signal: abort.signal })).rejects.toBe(reason);
    // Who waits for another one is not held up by it.
    await leases[1]?.freed("another");
    expect(await journals[1]?.leases.held()).toHaveLength(1);
  });

  it("wakes a process that has waited long enough, whoever holds the lease", async () => {
    const { leases } = processes(2);
    await acquired(leases[0]);
    await leases[1]?.freed(NAME, { waitMs: 5 });
    expect(await leases[1]?.acquire(NAME)).toBe("held");
  });

  it("gives the lease of a process that is suspended to another one, once it expires", async () => {
    const { leases, pass } = processes(2);
    const suspended = await acquired(leases[0]);
    const waiting = leases[1]?.freed(NAME);
    pass(20_000);
    await waiting;
    await acquired(leases[1]);
    suspended.release();
    expect(await leases[0]?.acquire(NAME)).toBe("held");
  });

  it.each<[string, Partial<LeaseTimes>, (lease: BlobLease) => void, boolean]>([
    ["moved nothing for too long", { stillMs: 0 }, () => undefined, false],
    ["moved something for too long ago", { stillMs: 0 }, (lease) => lease.moved(false), false],
    ["has sent everything, and waits for the commit", { stillMs: 0 }, (lease) => lease.moved(true), true],
    ["moved something lately", { stillMs: 1_000_000 }, (lease) => lease.moved(false), true],
  ])("knows whether to renew the lease of a transfer that %s", async (_, times, move, isRenewed) => {
    const { journals } = processes(1);
    let renewals = 0;
    const asked = Promise.withResolvers<void>();
    const journal: LeaseJournal = {
      ...leasesOf(journals[0]),
      renew: async () => {
        renewals += 1;
        asked.resolve();
        return undefined;
      },
    };
    const lease = await acquired(new RegistryLeases(journal, new Saving(), { ...QUICK, ttlMs: 4, ...times }));
    move(lease);
    // As many turns of the timer as would have renewed it.
    let turns = 0;
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setInterval(() => {
      turns += 1;
      if (turns === 5) resolve();
    }, 4);
    await (isRenewed ? asked.promise : promise);
    clearInterval(timer);
    // One that is lost is renewed no more.
    expect(renewals).toBe(isRenewed ? 1 : 0);
    lease.release();
  });

  it.each<[string, Partial<LeaseJournal>]>([
    ["rejects", { acquire: () => Promise.reject(new Error("disk full")) }],
    ["throws", { acquire: () => raise() }],
    ["does not answer", { acquire: () => new Promise(() => undefined) }],
  ])("holds nothing up where the journal %s", async (_, broken) => {
    const { journals } = processes(1);
    const journal = { ...leasesOf(journals[0]), ...broken };
    const leases = new RegistryLeases(journal, new Saving(), QUICK);
    for (let blob = 0; blob < 3; blob += 1) (await acquired(leases)).release();
  });

  it.each<[string, Partial<LeaseJournal>]>([
    ["fails", { held: () => Promise.reject(new Error("disk full")) }],
    ["does not answer any more", { held: () => new Promise(() => undefined) }],
  ])("wakes whoever waits where the journal %s meanwhile", async (_, broken) => {
    const { journals, leases } = processes(2);
    await acquired(leases[0]);
    const journal = { ...leasesOf(journals[1]), ...broken };
    const waiting = new RegistryLeases(journal, new Saving(), QUICK);
    expect(await waiting.acquire(NAME)).toBe("held");
    await waiting.freed(NAME);
  });

  it("renews a lease again and again, and releases it, also where a renewal has failed", async () => {
    const { journals, leases } = processes(2);
    const { renew } = leasesOf(journals[0]);
    const third = Promise.withResolvers<void>();
    let renewals = 0;
    const journal: LeaseJournal = {
      ...leasesOf(journals[0]),
      renew: async (...asked) => {
        renewals += 1;
        if (renewals === 3) third.resolve();
        if (renewals === 2) throw new Error("disk full");
        return renew(...asked);
      },
    };
    const lease = await acquired(new RegistryLeases(journal, new Saving(), { ...QUICK, ttlMs: 4 }));
    await third.promise;
    expect(await leases[1]?.acquire(NAME)).toBe("held");
    lease.release();
    await leases[1]?.freed(NAME);
    await acquired(leases[1]);
  });
});

/** The journal's methods, some of which a test replaces. */
function leasesOf(journal: MemoryJournal | undefined): LeaseJournal {
  const { leases } = journal ?? new MemoryJournal();
  return {
    acquire: (...asked) => leases.acquire(...asked),
    renew: (...asked) => leases.renew(...asked),
    release: (...asked) => leases.release(...asked),
    held: () => leases.held(),
  };
}

function raise(): never {
  throw new Error("broken");
}
