import { mkdir, mkdtempDisposable, readFile, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { readLicense } from "../../packages/cli-worker/third-party-licenses.ts";
import { PACKAGES, WORKSPACE } from "./packages.ts";

/** Words of the licences that bundled packages are under. */
const GRANTS = [
  "Permission is hereby granted",
  "Permission to use, copy, modify",
  "Redistribution and use",
  "TERMS AND CONDITIONS FOR USE, REPRODUCTION",
  "Blue Oak Model License",
];

describe("LICENSES.txt of the command's bundle", () => {
  it("has the whole licence of every package, Azure's among them", async () => {
    const text = await readFile(join(WORKSPACE, PACKAGES.tranship, "dist/command/LICENSES.txt"), "utf8");
    const sections = text.split(`\n${"-".repeat(80)}\n\n`);
    const without = sections.filter((section) => !GRANTS.some((grant) => section.replace(/\s+/g, " ").includes(grant)));
    expect(without.map((section) => section.split("\n", 1)[0])).toEqual([]);
    const names = sections.map((section) => section.split(" ", 1)[0]);
    expect(names).toEqual(
      expect.arrayContaining(["@azure/identity", "@aws-sdk/credential-provider-http", "data-uri-to-buffer", "undici"]),
    );
    expect(names).toEqual(names.toSorted());
  });
});

describe("readLicense()", () => {
  it("fails for a package without a licence text, and names it", async () => {
    await using folder = await mkdtempDisposable(join(tmpdir(), "tranship-license-"));
    const root = join(folder.path, "node_modules/left-out");
    await mkdir(root, { recursive: true });
    await writeFile(join(root, "package.json"), JSON.stringify({ name: "left-out", version: "1.2.3", license: "MIT" }));
    await writeFile(join(root, "README.md"), "# left-out\n\n## License\n\nMIT\n");
    expect(() => readLicense(root)).toThrow('Cannot bundle "left-out" 1.2.3: no licence text');
  });
});
