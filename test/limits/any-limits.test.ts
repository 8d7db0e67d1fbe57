import fc from "fast-check";
import { it } from "vitest";
import { CIRCLES, copyWithin, limits } from "./any-limits.ts";

it("copy() neither stalls nor retries, whatever the limits, targets and lines are", async () => {
  const property = fc.asyncProperty(limits({ slowestMs: 60 }), (given) => copyWithin(given, { connectMs: 5000 }));
  const examples = CIRCLES.map((circle): [typeof circle] => [circle]);
  // A run takes a small part of its time, unless it stalls.
  const times = { timeout: 30_000, interruptAfterTimeLimit: 80_000 };
  await fc.assert(property, { examples, numRuns: 25, ...times, endOnFailure: true });
});
