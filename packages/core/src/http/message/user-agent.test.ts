import { readFile } from "node:fs/promises";
import { expect, it } from "vitest";
import { userAgentOf } from "./user-agent.ts";

it("userAgentOf() names the version of the package", async () => {
  const manifest = JSON.parse(await readFile(new URL("../../../package.json", import.meta.url), "utf8"));
  expect(userAgentOf(undefined)).toBe(`tranship/${manifest.version}`);
});

it("userAgentOf() adds the suffix", () => {
  expect(userAgentOf("mirror/3 (nightly)")).toMatch(/^tranship\/\S+ mirror\/3 \(nightly\)$/);
});

it.each(["a\r\nb: c", "\u0000"])("userAgentOf() refuses %j", (suffix) => {
  expect(() => userAgentOf(suffix)).toThrow(
    new TypeError("Bad userAgentSuffix: expected one line of characters that a header may have"),
  );
});
