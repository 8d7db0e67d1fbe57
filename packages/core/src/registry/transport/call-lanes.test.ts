import { lookup } from "node:dns";
import { Agent } from "undici";
import { describe, expect, it, vi } from "vitest";
import { Lanes } from "../../http/lanes.ts";
import { CallLanes } from "./call-lanes.ts";

describe("CallLanes", () => {
  it("makes one for what says the same, and one for each dispatcher, and closes them", async () => {
    const closed: Lanes[] = [];
    const timeouts = { headersMs: 10_000, bodyMs: 10_000 };
    const options = { hostname: "r.example", tls: {}, insecure: false, connections: 2, connectTimeoutMs: 10_000 };
    const lanes = new CallLanes(() => {
      const made = new Lanes({ ...options, environment: {}, lookup, timeouts });
      vi.spyOn(made, "close").mockImplementation(async () => void closed.push(made));
      return made;
    });
    const [one, other] = [new Agent(), new Agent()];
    const trusting = lanes.of({ tls: { ca: ["a"] } });
    expect(lanes.of({ tls: { ca: ["a"] } })).toBe(trusting);
    const different = [
      lanes.of({ tls: { ca: ["b"] } }),
      lanes.of({ proxy: false }),
      lanes.of({ insecure: true }),
      lanes.of({ connectMs: 5 }),
      lanes.of({ dispatcher: one }),
      lanes.of({ dispatcher: other }),
    ];
    expect(new Set([trusting, ...different]).size).toBe(7);
    expect(lanes.of({ dispatcher: one })).toBe(different[4]);
    await lanes.close();
    expect(new Set(closed).size).toBe(7);
    await Promise.all([one.close(), other.close()]);
  });
});
