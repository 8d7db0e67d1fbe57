import { Agent } from "undici";
import { describe, expect, it } from "vitest";
import { CallTransports } from "./call-transports.ts";
import type { Transport } from "./transport.ts";

describe("CallTransports", () => {
  it("makes one for what says the same, and one for each dispatcher, and closes them", async () => {
    const closed: Transport[] = [];
    const transports = new CallTransports(() => {
      const made: Transport = {
        send: () => Promise.reject(new Error("nothing is sent")),
        close: async () => void closed.push(made),
      };
      return made;
    });
    const [one, other] = [new Agent(), new Agent()];
    const trusting = transports.of({ tls: { ca: ["a"] } });
    expect(transports.of({ tls: { ca: ["a"] } })).toBe(trusting);
    const different = [
      transports.of({ tls: { ca: ["b"] } }),
      transports.of({ proxy: false }),
      transports.of({ insecure: true }),
      transports.of({ connectMs: 5 }),
      transports.of({ dispatcher: one }),
      transports.of({ dispatcher: other }),
    ];
    expect(new Set([trusting, ...different]).size).toBe(7);
    expect(transports.of({ dispatcher: one })).toBe(different[4]);
    await transports.close();
    expect(new Set(closed).size).toBe(7);
    await Promise.all([one.close(), other.close()]);
  });
});
