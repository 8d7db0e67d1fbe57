import type { FactValue } from "@tranship/core";
import { expect, it } from "vitest";
import { type JournalSuite, SMALL_LIMITS } from "./journal-suite.ts";

const HOST = "registry.example";

/** What is learned of hosts, and what the user says of them. */
export function journalProfileCases(suite: JournalSuite): void {
  async function valuesOf(host = HOST): Promise<Record<string, FactValue>> {
    const facts = await (await suite.other()).profiles.facts(host);
    return Object.fromEntries(facts.map(({ name, value }) => [name, value]));
  }

  it("profiles.facts() tells what was learned last, by name, until it expires", async () => {
    const { profiles } = suite.journal;
    const learned = suite.pass(0);
    await profiles.learned(HOST, "two", "old", { keepMs: 10 });
    await profiles.learned(HOST, "two", "text", { keepMs: 1000 });
    await profiles.learned(HOST, "one", 4096, { keepMs: 5000 });
    await profiles.learned("other.example", "three", false, { keepMs: 5000 });
    expect(await profiles.facts(HOST)).toEqual([
      { name: "one", value: 4096, setByUser: false, learned, expires: learned + 5000 },
      { name: "two", value: "text", setByUser: false, learned, expires: learned + 1000 },
    ]);
    suite.pass(1000);
    expect(await valuesOf()).toEqual({ one: 4096 });
    expect(await valuesOf("other.example")).toEqual({ three: false });
  });

  it("profiles.set() wins over what is learned, before and after, and does not expire", async () => {
    const { profiles } = suite.journal;
    await profiles.learned(HOST, "one", 1, { keepMs: 1000 });
    const learned = suite.pass(1);
    await profiles.set(HOST, "one", 2);
    await profiles.learned(HOST, "one", 3, { keepMs: 1000 });
    suite.pass(10_000_000_000);
    expect(await profiles.facts(HOST)).toEqual([
      { name: "one", value: 2, setByUser: true, learned, expires: undefined },
    ]);
    await profiles.set(HOST, "one", 4);
    expect(await valuesOf()).toEqual({ one: 4 });
  });

  it("profiles.forget() forgets one fact with what the user said of it, or the host", async () => {
    const { profiles } = suite.journal;
    await profiles.learned(HOST, "one", 1, { keepMs: 1000 });
    await profiles.set(HOST, "one", 2);
    await profiles.set(HOST, "two", 2);
    await profiles.set("other.example", "one", 2);
    expect(await profiles.forget(HOST, "none")).toBe(0);
    expect(await profiles.forget(HOST, "one")).toBe(2);
    expect(await valuesOf()).toEqual({ two: 2 });
    expect(await profiles.forget(HOST)).toBe(1);
    expect(await profiles.forget(HOST)).toBe(0);
    expect(await valuesOf("other.example")).toEqual({ one: 2 });
  });

  it("profiles.hosts() tells each host once, in order, while something is known of it", async () => {
    const { profiles } = suite.journal;
    await profiles.set("b.example", "one", 1);
    await profiles.learned("a.example", "one", 1, { keepMs: 1000 });
    await profiles.learned("a.example", "two", 1, { keepMs: 1000 });
    expect(await Array.fromAsync(profiles.hosts())).toEqual(["a.example", "b.example"]);
    suite.pass(1000);
    expect(await Array.fromAsync(profiles.hosts())).toEqual(["b.example"]);
  });

  it("profiles keep what was learned last, up to their limit, and what the user has set", async () => {
    const { profiles } = suite.journal;
    await profiles.set(HOST, "set", true);
    for (let number = 0; number < 20; number += 1) {
      suite.pass(1);
      await profiles.learned(`host-${number}.example`, "one", number, { keepMs: 1000 });
    }
    expect(await Array.fromAsync(profiles.hosts())).toHaveLength(SMALL_LIMITS.facts ?? 0);
    expect(await valuesOf()).toEqual({ set: true });
    expect(await valuesOf("host-19.example")).toEqual({ one: 19 });
  });

  it("profiles.clear() forgets every host", async () => {
    await suite.journal.profiles.set(HOST, "one", 1);
    await suite.journal.profiles.learned("other.example", "one", 1, { keepMs: 1000 });
    expect(await suite.journal.profiles.clear()).toBe(2);
    expect(await valuesOf()).toEqual({});
  });
}
