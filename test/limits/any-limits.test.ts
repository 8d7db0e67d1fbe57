import fc from "fast-check";
import { it } from "vitest";
import { copyWithin, limits } from "./any-limits.ts";

it("copy() neither stalls nor retries, whatever the limits, targets and lines are", async () => {
  const property = fc.asyncProperty(limits({ slowestMs: 60 }), (given) => copyWithin(given, { connectMs: 5000 }));
  // A run takes a small part of its time, unless it stalls.
  await fc.assert(property, { numRuns: 25, timeout: 60_000, interruptAfterTimeLimit: 90_000, endOnFailure: true });
});
