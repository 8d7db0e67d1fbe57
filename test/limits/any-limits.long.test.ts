import fc from "fast-check";
import { it } from "vitest";
import { copyWithin, limits } from "./any-limits.ts";

it("copy() never takes a wait in its own queue for a connection that is not made", async () => {
  // Requests wait for each other longer than a connection may take.
  const property = fc.asyncProperty(limits({ slowestMs: 600 }), (given) => copyWithin(given, { connectMs: 1000 }));
  await fc.assert(property, { numRuns: 40, timeout: 120_000, interruptAfterTimeLimit: 120_000, endOnFailure: true });
}, 240_000);
