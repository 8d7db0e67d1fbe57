import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { declaredBy, PACKAGE_NAMES, PACKAGES, type PackageName, sourcesOf, WORKSPACE } from "./packages.ts";
import { betweenFolders, findCycle, importsFrom, importsOf, packageOf, type SourceImport } from "./source-imports.ts";

/** What the command loads for the registries of a cloud, and for no other. */
const CLOUD_LIBRARIES = [
  "@aws-sdk/client-ecr",
  "@aws-sdk/client-ecr-public",
  "@aws-sdk/credential-provider-node",
  "@azure/identity",
  "google-auth-library",
];

/** What reads and checks a mirror file, and finds out when it is due; globs are also those of `prune`. */
const MIRROR_LIBRARIES = ["croner", "picomatch", "semver", "yaml", "zod"];

/** What each package may import: `cli-worker → copy → core`, and core stands on Node and two libraries; OpenTelemetry's API is used where it is installed. */
const ALLOWED: Readonly<Record<PackageName, readonly string[]>> = {
  "@tranship/core": ["node:", "undici", "lru-cache", "@opentelemetry/api"],
  "@tranship/copy": ["node:", "@tranship/core", "lru-cache", "p-limit", "picomatch", "semver", "stream-chain"],
  tranship: [
    "node:",
    "@tranship/core",
    "@tranship/copy",
    "bcryptjs",
    "commander",
    "p-limit",
    ...MIRROR_LIBRARIES,
    ...CLOUD_LIBRARIES,
  ],
};

describe.each(PACKAGE_NAMES)("imports of %s", (name) => {
  async function imports(): Promise<readonly SourceImport[]> {
    return (await Promise.all(sourcesOf(name).map((file) => importsOf(WORKSPACE, file)))).flat();
  }

  it("go only to the packages that it may depend on, each declared", async () => {
    const packages = (await imports()).filter(({ target }) => target === undefined);
    const strangers = packages.filter(({ specifier }) => !ALLOWED[name].includes(packageOf(specifier)));
    expect(strangers).toEqual([]);
    const { dependencies, devDependencies, optionalPeers } = await declaredBy(name);
    const declared = [...dependencies, ...devDependencies, ...optionalPeers];
    expect(packagesOf(packages).filter((used) => !declared.includes(used))).toEqual([]);
  });

  it("of the library are dependencies, and there are no others: what only the command imports is in its bundle", async () => {
    const library = importsFrom(`${PACKAGES[name]}/src/index.ts`, await imports());
    const { dependencies, optionalPeers } = await declaredBy(name);
    expect(packagesOf(library)).toEqual([...dependencies, ...optionalPeers].toSorted());
  });

  it("of what may be missing are dynamic, or of types", async () => {
    const { optionalPeers } = await declaredBy(name);
    const optional = (await imports()).filter(({ specifier }) => optionalPeers.includes(packageOf(specifier)));
    expect(optional.filter(({ kind }) => kind === "static")).toEqual([]);
  });

  it("stay in the package where they are paths, and name files that are there", async () => {
    const files = new Set(sourcesOf(name));
    const wrong = (await imports()).filter(({ target }) => target !== undefined && !files.has(target));
    // The command reads its own package.json.
    expect(wrong.filter(({ target }) => target !== join(PACKAGES[name], "package.json"))).toEqual([]);
  });

  it("have no cycle", async () => {
    expect(findCycle(await imports())).toBeUndefined();
  });

  it("have no cycle between folders that lie beside each other, with all that is below them; types count", async () => {
    const root = `${PACKAGES[name]}/src/index.ts`;
    const inside = (await imports()).filter(({ file, target }) => file !== root && target !== root);
    expect(findCycle(betweenFolders(inside))).toBeUndefined();
  });
});

/** The packages that are imported, each once; what is Node's is none. */
function packagesOf(imports: readonly SourceImport[]): readonly string[] {
  const names = imports.filter(({ target }) => target === undefined).map(({ specifier }) => packageOf(specifier));
  return [...new Set(names)].filter((name) => name !== "node:").toSorted();
}

const edge = (file: string, target: string): SourceImport => ({
  file,
  specifier: `./${target}`,
  kind: "static",
  target,
});

describe("findCycle()", () => {
  it("finds the files of a cycle", () => {
    const imports = [edge("a", "b"), edge("b", "c"), edge("c", "b"), edge("a", "c")];
    expect(findCycle(imports)).toEqual(["b", "c", "b"]);
  });

  it("finds none where two ways lead to a file", () => {
    expect(findCycle([edge("a", "b"), edge("a", "c"), edge("b", "d"), edge("c", "d")])).toBeUndefined();
  });
});

describe("betweenFolders()", () => {
  it("gives the folders where two paths part, and nothing for parent and child", () => {
    const imports = [
      edge("src/a/one.ts", "src/b/c/two.ts"),
      edge("src/b/c/two.ts", "src/b/d/e/three.ts"),
      edge("src/b/two.ts", "src/b/c/one.ts"),
      edge("src/b/c/one.ts", "src/b/two.ts"),
      edge("src/a/one.ts", "src/a/two.ts"),
    ];
    expect(betweenFolders(imports).map(({ file, target }) => [file, target])).toEqual([
      ["src/a", "src/b"],
      ["src/b/c", "src/b/d"],
    ]);
  });

  it("shows a cycle of folders whose files have none", () => {
    const imports = [edge("src/a/one.ts", "src/b/two.ts"), edge("src/b/three.ts", "src/a/four.ts")];
    expect(findCycle(imports)).toBeUndefined();
    expect(findCycle(betweenFolders(imports))).toEqual(["src/a", "src/b", "src/a"]);
  });
});
