import { digestOf, type Lease } from "@tranship/core";
import { expect, it } from "vitest";
import type { JournalSuite } from "./journal-suite.ts";

const TERM = { ttlMs: 10_000 };
const NAME = `blob registry.example me ${digestOf(Buffer.from("blob"))}`;

/** Who holds a lease, for how long, and who is told that it is lost. */
export function journalLeaseCases(suite: JournalSuite): void {
  async function acquired(name = NAME, { leases } = suite.journal): Promise<Lease> {
    const lease = await leases.acquire(name, TERM);
    if (lease === undefined) throw new Error(`"${name}" is held`);
    return lease;
  }

  it("leases.acquire() gives a lease to the first owner that asks, and to nobody else while it holds it", async () => {
    const other = await suite.other();
    const lease = await acquired();
    expect(lease).toMatchObject({ name: NAME, expires: suite.pass(0) + TERM.ttlMs });
    expect(await other.leases.acquire(NAME, TERM)).toBeUndefined();
    expect(await suite.journal.leases.acquire(NAME, TERM)).toBeUndefined();
    expect((await acquired("another", other)).owner).not.toBe(lease.owner);
  });

  it("leases.acquire() gives one of many owners that ask at once what they all want", async () => {
    const askers = [suite.journal, await suite.other(), await suite.other(), await suite.other()];
    const given = await Promise.all(askers.flatMap(({ leases }) => [1, 2].map(() => leases.acquire(NAME, TERM))));
    expect(given.filter((lease) => lease !== undefined)).toHaveLength(1);
  });

  it("leases.release() frees a lease for another owner, and a second time does nothing", async () => {
    const other = await suite.other();
    const lease = await acquired();
    await suite.journal.leases.release(lease);
    const next = await acquired(NAME, other);
    await suite.journal.leases.release(lease);
    expect(await suite.journal.leases.acquire(NAME, TERM)).toBeUndefined();
    expect(await other.leases.renew(next, TERM)).toEqual(next);
  });

  it("leases.acquire() gives a greater fence with each lease, whatever its name and owner", async () => {
    const other = await suite.other();
    const fences: number[] = [];
    for (const [name, journal] of [
      [NAME, suite.journal],
      ["another", other],
      [NAME, other],
      [NAME, suite.journal],
    ] as const) {
      const lease = await acquired(name, journal);
      fences.push(lease.fence);
      await journal.leases.release(lease);
    }
    expect(fences).toEqual([...new Set(fences)].toSorted((a, b) => a - b));
  });

  it("leases.acquire() gives what has expired, and its owner is told at the next renewal that it is lost", async () => {
    const other = await suite.other();
    const lease = await acquired();
    suite.pass(TERM.ttlMs - 1);
    expect(await other.leases.acquire(NAME, TERM)).toBeUndefined();
    suite.pass(1);
    const next = await acquired(NAME, other);
    expect(next.fence).toBeGreaterThan(lease.fence);
    expect(await suite.journal.leases.renew(lease, TERM)).toBeUndefined();
    // A lease that is lost ends no other.
    await suite.journal.leases.release(lease);
    expect(await suite.journal.leases.acquire(NAME, TERM)).toBeUndefined();
  });

  it("leases.renew() holds a lease for longer, from the time of the call, under its fence", async () => {
    const other = await suite.other();
    const lease = await acquired();
    const expires = suite.pass(TERM.ttlMs - 1) + TERM.ttlMs;
    expect(await suite.journal.leases.renew(lease, TERM)).toEqual({ ...lease, expires });
    suite.pass(TERM.ttlMs - 1);
    expect(await other.leases.acquire(NAME, TERM)).toBeUndefined();
    suite.pass(1);
    expect(await other.leases.acquire(NAME, TERM)).toBeDefined();
  });

  it("leases.renew() does nothing for an owner that does not hold the lease, or has released it", async () => {
    const other = await suite.other();
    const lease = await acquired();
    expect(await other.leases.renew(lease, TERM)).toBeUndefined();
    await other.leases.release(lease);
    expect(await other.leases.acquire(NAME, TERM)).toBeUndefined();
    await suite.journal.leases.release(lease);
    expect(await suite.journal.leases.renew(lease, TERM)).toBeUndefined();
    expect(await suite.journal.leases.held()).toEqual([]);
  });

  it("leases.acquire() gives what is held by a journal that is closed", async () => {
    const other = await suite.other();
    await acquired(NAME, other);
    await other.close();
    expect(await suite.journal.leases.held()).toEqual([]);
    await acquired();
  });

  it("leases.held() gives the leases of every owner that have not expired", async () => {
    const other = await suite.other();
    const first = await acquired();
    suite.pass(TERM.ttlMs - 1);
    const second = await acquired("another", other);
    expect(await suite.journal.leases.held()).toEqual([first, second]);
    expect(await other.leases.held()).toEqual([first, second]);
    suite.pass(1);
    expect(await suite.journal.leases.held()).toEqual([second]);
  });

  it("leases outlast a clock that is set back a little, and last no longer for one that is set back by more than their time", async () => {
    const other = await suite.other();
    await acquired();
    suite.pass(-TERM.ttlMs);
    expect(await other.leases.held()).toHaveLength(1);
    expect(await other.leases.acquire(NAME, TERM)).toBeUndefined();
    suite.pass(-1);
    expect(await other.leases.held()).toEqual([]);
    await acquired(NAME, other);
  });

  it("leases.release() comes after what its holder wrote before: whoever acquires the lease next sees it", async () => {
    const other = await suite.other();
    const place = { host: "registry.example", access: "me", repository: "app" };
    const blob = digestOf(Buffer.from("blob"));
    const lease = await acquired();
    const writes = [suite.journal.blobs.seen(place, blob), suite.journal.leases.release(lease)];
    while ((await other.leases.acquire(NAME, TERM)) === undefined);
    expect(await other.blobs.repositories(place.host, place.access, blob)).toEqual(["app"]);
    await Promise.all(writes);
  });
}
