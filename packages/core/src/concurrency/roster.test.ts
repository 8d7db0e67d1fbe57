import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Member, Roster } from "./roster.ts";

describe("Roster", () => {
  it("has those that have joined and not left, whatever the order", () => {
    const members = Array.from({ length: 8 }, (_, name): Member & { readonly name: number } => ({ name, place: -1 }));
    const step = fc.record({ joins: fc.boolean(), who: fc.integer({ min: 0, max: 7 }) });
    fc.assert(
      fc.property(fc.array(step), (steps) => {
        const [roster, expected] = [new Roster<(typeof members)[number]>(), new Set<number>()];
        for (const { joins, who } of steps) {
          const member = members[who];
          if (member === undefined) continue;
          if (joins) roster.join(member);
          else roster.leave(member);
          if (joins) expected.add(who);
          else expected.delete(who);
          expect(roster.size).toBe(expected.size);
        }
        const there = [...roster].map(({ name }) => name);
        expect(there.toSorted()).toEqual([...expected].toSorted());
        for (const member of roster) roster.leave(member);
        expect(roster.size).toBe(0);
      }),
    );
  });

  it("leaves alone the member of another one", () => {
    const [one, other] = [new Roster(), new Roster()];
    const [mine, theirs] = [{ place: -1 }, { place: -1 }];
    one.join(mine);
    other.join(theirs);
    one.leave(theirs);
    expect([one.size, other.size, theirs.place]).toEqual([1, 1, 0]);
  });
});
