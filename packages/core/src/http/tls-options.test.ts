import { getCACertificates } from "node:tls";
import { describe, expect, it } from "vitest";
import { secureContext } from "./tls-options.ts";

const [FIRST = "", SECOND = ""] = getCACertificates("bundled");
const UNKNOWN = { identity: false } as const;

describe("secureContext()", () => {
  it("gives all who trust the same one context, and others another", () => {
    const context = secureContext({ ca: [FIRST] }, UNKNOWN);
    expect(secureContext({ ca: [FIRST] }, { identity: true })).toBe(context);
    expect(secureContext({ ca: [FIRST], key: "of the registry alone" }, UNKNOWN)).toBe(context);
    expect(secureContext({ ca: [SECOND] }, UNKNOWN)).not.toBe(context);
    expect(secureContext({}, UNKNOWN)).not.toBe(context);
    expect(secureContext({}, UNKNOWN)).toBe(secureContext({ ca: [] }, UNKNOWN));
  });

  it("refuses a key that is none, each time", () => {
    for (let time = 0; time < 2; time += 1) {
      expect(() => secureContext({ key: "none" }, { identity: true })).toThrow(
        "Cannot use the certificates that were given",
      );
    }
  });
});
