import { mkdir, mkdtempDisposable, readFile, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { AcrClient, RegistryClient } from "@tranship/core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { AcrFake } from "../acr/acr-fake.ts";
import { pushImage, textImage } from "../acr/push-image.ts";
import { startAcrFake } from "../acr/start-acr-fake.ts";
import { runPeer } from "../peers/run-peer.ts";
import { codeBlocks, tableColumn } from "./code-blocks.ts";
import { PACKAGE_NAMES, WORKSPACE } from "./packages.ts";

const PAGE = await readFile(join(WORKSPACE, "docs/from-azure-clients.md"), "utf8");
const BLOCKS = codeBlocks(PAGE);

describe("the API reference", () => {
  it("builds without a warning, with a page for each package and what it exports", async () => {
    await using out = await mkdtempDisposable(join(tmpdir(), "tranship-api-"));
    const typedoc = join(WORKSPACE, "docs/node_modules/typedoc/bin/typedoc");
    await runPeer(process.execPath, [typedoc, "--out", out.path], { cwd: join(WORKSPACE, "docs") });
    const index = await readFile(join(out.path, "index.html"), "utf8");
    for (const name of PACKAGE_NAMES) expect(index).toContain(`"modules/${name.replaceAll(/[@/]/g, "_")}.html"`);
    const page = await readFile(join(out.path, "classes/_tranship_core.AcrClient.html"), "utf8");
    expect(page).toContain("listManifestProperties");
    expect(page, "the class of what is thrown").toContain("{RegistryError}</span><p>NAME_UNKNOWN.</p>");
  });
});

describe("docs/from-azure-clients.md", () => {
  const stack = new AsyncDisposableStack();
  let project: string;
  let fake: AcrFake;

  beforeAll(async () => {
    project = stack.use(await mkdtempDisposable(join(tmpdir(), "tranship-docs-"))).path;
    await linkPackages(project);
    fake = stack.use(await startAcrFake());
    await pushImage(fake, "library/hello-world", textImage("hello"), ["v1", "latest"]);
    for (const [index, { code }] of BLOCKS.entries()) await writeFile(join(project, `block-${index}.ts`), here(code));
  });
  afterAll(() => stack.disposeAsync());

  /** The program with the fake for the registries that it names. */
  function here(code: string): string {
    return code
      .replaceAll("myregistry.azurecr.io", fake.host)
      .replaceAll("registry.example:5000", fake.host)
      .replaceAll("DefaultAzureCredential()", "DefaultAzureCredential({ disableInstanceDiscovery: true })");
  }

  it("has programs whose types are right", async () => {
    const base = join(WORKSPACE, "tsconfig.base.json");
    const compilerOptions = { noEmit: true, isolatedDeclarations: false, declaration: false };
    await writeFile(
      join(project, "tsconfig.json"),
      JSON.stringify({ extends: base, compilerOptions, include: ["*.ts"] }),
    );
    await runPeer(join(WORKSPACE, "node_modules/.bin/tsc"), ["-p", "tsconfig.json"], { cwd: project });
  });

  it.each(BLOCKS.map(({ heading, prints }, index) => ({ index, heading, prints })))(
    "has a program $index, at $heading, that prints what it says",
    async ({ index, prints }) => {
      const options = { cwd: project, env: { ...fake.environment, DOCKER_CONFIG: project } };
      const output = await runPeer(process.execPath, [`block-${index}.ts`], options);
      const lines = output.toString().trimEnd().split("\n");
      if (prints.length > 0) expect(lines).toEqual(prints);
      else expect(lines.every((line) => typeof JSON.parse(line) === "object")).toBe(true);
    },
  );

  it("names every call of AcrClient, and no call that there is not", () => {
    const named = tableColumn(PAGE, 2).flatMap((code) => /^([a-z][A-Za-z]+)\(/.exec(code)?.[1] ?? []);
    const calls = [...namesOf(RegistryClient), ...namesOf(AcrClient)];
    expect([...new Set(named)].filter((name) => name !== "fileCredentials" && name !== "pino").toSorted()).toEqual(
      [...new Set(calls)].toSorted(),
    );
  });
});

/** The methods that talk to the registry. */
function namesOf(client: typeof RegistryClient): readonly string[] {
  const names = Object.getOwnPropertyNames(client.prototype);
  return names.filter((name) => !["constructor", "host", "repository", "close"].includes(name));
}

/** What the programs of the page import, as the workspace's packages have it. */
async function linkPackages(project: string): Promise<void> {
  const modules = join(project, "node_modules");
  const packages = {
    "@azure": "examples/node_modules/@azure",
    "@tranship": "examples/node_modules/@tranship",
    "@types": "node_modules/@types",
    pino: "node_modules/pino",
    undici: "packages/core/node_modules/undici",
  };
  await mkdir(modules);
  for (const [name, path] of Object.entries(packages)) await symlink(join(WORKSPACE, path), join(modules, name));
  await writeFile(join(project, "package.json"), JSON.stringify({ type: "module", private: true }));
}
