import type { CopyEvent } from "@tranship/copy";
import { type Descriptor, digestOf, OCI_LAYER_GZIP, UNKNOWN_SIZE } from "@tranship/core";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { renderBars } from "./bars.ts";
import { Transfers } from "./transfers.ts";

/** Blobs of 4 sizes, one of them unknown and one empty. */
const BLOBS: readonly Descriptor[] = [UNKNOWN_SIZE, 0, 1000, 3_000_000].map((size, index) => ({
  mediaType: OCI_LAYER_GZIP,
  digest: digestOf(Buffer.from(String(index))),
  size,
}));
const [UNSTATED, , SMALL] = BLOBS;

const descriptors = fc.constantFrom(...BLOBS);
const places = fc.record({ from: fc.constant("a"), to: fc.constantFrom("b/app:v1", "c/app:v1", "c/app:v2") });
const events = fc.oneof(
  fc.record({
    type: fc.constantFrom("planned", "started", "done", "mounted", "skipped", "unchanged", "failed"),
    descriptor: descriptors,
    place: places,
  }),
  fc.record({ type: fc.constant("resumed"), descriptor: descriptors, place: places, offset: fc.nat(5_000_000) }),
  fc.record({ type: fc.constant("bytes"), descriptor: descriptors, place: places, bytes: fc.nat(5_000_000) }),
);

/** Any order, also one that no copy has: bytes of what was not planned, a second end, a size that is wrong. */
const sequences = fc.array(fc.tuple(events, fc.nat(2000)), { maxLength: 60 });

function eventOf({ place, ...event }: { readonly place: object; readonly descriptor: Descriptor }): CopyEvent {
  return { ...event, ...place, digest: event.descriptor.digest } as unknown as CopyEvent;
}

function observed(...steps: readonly (readonly [string, Descriptor | undefined, object?])[]): Transfers {
  const transfers = new Transfers();
  for (const [type, descriptor, more] of steps) {
    const event = { type, descriptor, digest: descriptor?.digest, from: "a", to: "b", ...more };
    transfers.observe(event as unknown as CopyEvent, 0);
  }
  return transfers;
}

describe("Transfers", () => {
  it("is never over its total, negative or no number, and never goes back, whatever happens", () => {
    fc.assert(
      fc.property(sequences, fc.option(fc.nat(4_000_000)), (steps, expected) => {
        const transfers = new Transfers();
        if (expected !== null) transfers.expect(expected);
        let [now, before] = [0, 0];
        for (const [event, ms] of steps) {
          now += ms;
          const ended = transfers.observe(eventOf(event), now);
          transfers.measure(now);
          const { done, total, perSecond, active } = transfers;
          for (const figure of [done, total, perSecond]) expect(figure).toSatisfy(Number.isFinite);
          expect(done).toBeGreaterThanOrEqual(before);
          expect(done).toBeLessThanOrEqual(total);
          expect(perSecond).toBeGreaterThanOrEqual(0);
          for (const { bytes, size, rate } of ended === undefined ? active : [ended, ...active]) {
            expect(bytes).toBeGreaterThanOrEqual(0);
            expect(bytes).toBeLessThanOrEqual(size ?? Number.POSITIVE_INFINITY);
            expect(rate.perSecond).toSatisfy(Number.isFinite);
          }
          const shown = [80, 30, 8].flatMap((columns) => renderBars(transfers, { columns, rows: 24, color: false }));
          for (const line of shown) {
            expect(line).not.toMatch(/NaN|Infinity|-\d|undefined/);
            for (const [, percent] of line.matchAll(/(\d+)%/g)) expect(Number(percent)).toBeLessThanOrEqual(100);
          }
          before = done;
        }
      }),
      { numRuns: 500 },
    );
  });

  it("counts bytes that were sent again once", () => {
    const sent = ["bytes", SMALL, { bytes: 800 }] as const;
    const transfers = observed(["planned", SMALL], ["started", SMALL], sent, ["resumed", SMALL, { offset: 100 }], sent);
    expect(transfers).toMatchObject({ done: 900, total: 1000, active: [{ bytes: 900 }] });
  });

  it("counts what is planned twice once", () => {
    expect(observed(["planned", SMALL], ["planned", SMALL], ["done", SMALL])).toMatchObject({
      done: 1000,
      total: 1000,
    });
  });

  it("takes nothing from the total for a blob of unknown size, and shows its bytes alone", () => {
    const bytes = ["bytes", UNSTATED, { bytes: 2000 }] as const;
    const transfers = observed(["planned", SMALL], ["planned", UNSTATED], ["started", UNSTATED], bytes);
    expect(transfers).toMatchObject({ done: 0, total: 1000, active: [{ bytes: 2000, size: undefined }] });
    expect(renderBars(transfers, { columns: 30, rows: 24, color: false })[0]).toMatch(
      /^[0-9a-f]{12} {2}─+ {2}2\.0 kB$/,
    );
  });

  it("does not count again what is sent once more after its end", () => {
    const again = [
      ["started", SMALL],
      ["bytes", SMALL, { bytes: 500 }],
    ] as const;
    const other = { ...SMALL, digest: digestOf(Buffer.from("other")) } as Descriptor;
    const transfers = observed(["planned", SMALL], ["planned", other], ["done", SMALL], ...again);
    expect(transfers).toMatchObject({ done: 1000, total: 2000 });
  });
});
