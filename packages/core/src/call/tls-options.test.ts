import { getCACertificates } from "node:tls";
import { describe, expect, it } from "vitest";
import { secureContext } from "./tls-options.ts";

const [FIRST = "", SECOND = ""] = getCACertificates("bundled");
const UNKNOWN = { identity: false, legacy: false } as const;
const OWN = { identity: true, legacy: false } as const;

describe("secureContext()", () => {
  it("gives all who trust the same one context, and others another", () => {
    const context = secureContext({ ca: [FIRST] }, UNKNOWN);
    expect(secureContext({ ca: [FIRST] }, OWN)).toBe(context);
    expect(secureContext({ ca: [FIRST], key: "of the registry alone" }, UNKNOWN)).toBe(context);
    expect(secureContext({ ca: [SECOND] }, UNKNOWN)).not.toBe(context);
    expect(secureContext({}, UNKNOWN)).not.toBe(context);
    expect(secureContext({}, UNKNOWN)).toBe(secureContext({ ca: [] }, UNKNOWN));
    const legacy = secureContext({ ca: [FIRST] }, { identity: false, legacy: true });
    expect(legacy).not.toBe(context);
    expect(secureContext({ ca: [FIRST] }, { identity: true, legacy: true })).toBe(legacy);
  });

  it("refuses a key that is none, each time", () => {
    for (let time = 0; time < 2; time += 1) {
      expect(() => secureContext({ key: "none" }, OWN)).toThrow("Cannot use the certificates that were given");
    }
  });
});
