import { mkdtempDisposable, readFile, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Registry } from "@tranship/core";
import { type RunningServer, serve } from "tranship";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { runPeer } from "../peers/run-peer.ts";
import { sampleIndex, seed } from "../support/sample-image.ts";
import { installPackages, packPackages, type Tarballs } from "./pack.ts";
import { PACKAGE_NAMES, WORKSPACE } from "./packages.ts";
import { publicSurface } from "./public-surface.ts";
import { libraryExample, readReadme } from "./readme.ts";

/** Programs of the workspace, for a project that has none of them. */
const program = (name: string): string => join(WORKSPACE, "node_modules/.bin", name);

describe("the packages, packed and installed into an empty project", () => {
  const stack = new AsyncDisposableStack();
  let project: string;
  let tarballs: Tarballs;
  let source: RunningServer;
  let target: RunningServer;

  beforeAll(async () => {
    const packed = stack.use(await mkdtempDisposable(join(tmpdir(), "tranship-packed-")));
    tarballs = await packPackages(packed.path);
    project = stack.use(await mkdtempDisposable(join(tmpdir(), "tranship-project-"))).path;
    await installPackages(project, tarballs);
    source = await startRegistry();
    target = await startRegistry();
    await using registry = new Registry({ host: source.address });
    await seed(registry.repository("team/app"), sampleIndex(), "v1");
  });
  afterAll(() => stack.disposeAsync());

  async function startRegistry(): Promise<RunningServer> {
    const folder = stack.use(await mkdtempDisposable(join(tmpdir(), "tranship-served-")));
    const server = await serve({ dir: folder.path, writable: true });
    stack.defer(() => server.close({ graceMs: 0 }));
    return server;
  }

  async function digestAt(server: RunningServer, repository: string): Promise<string> {
    await using registry = new Registry({ host: server.address });
    return (await registry.repository(repository).resolve("v1")).digest;
  }

  it.each(PACKAGE_NAMES)("%s imports, with what index.ts exports", async (name) => {
    const script = `import * as exported from "${name}"; console.log(JSON.stringify(Object.keys(exported)));`;
    const names: unknown = JSON.parse((await run(process.execPath, ["--input-type=module", "-e", script])).toString());
    const surface = (await publicSurface(name)).split("\n").filter((line) => line !== "" && !line.includes("(type)"));
    expect(names).toEqual(surface.map((line) => line.split(" ")[0]).toSorted());
  });

  it("the README's example resolves its types and copies an image", async () => {
    const example = libraryExample(await readReadme())
      .replace("registry.example:5000", source.address)
      .replace("mirror.example:5000", target.address);
    await writeFile(join(project, "example.ts"), example);
    const options = { module: "nodenext", target: "es2024", lib: ["es2024", "esnext.disposable"], strict: true };
    const compilerOptions = { ...options, types: ["node"], noEmit: true, skipLibCheck: false };
    await writeFile(join(project, "tsconfig.json"), JSON.stringify({ compilerOptions, files: ["example.ts"] }));
    await run(program("tsc"), ["-p", "tsconfig.json"]);

    const output = await run(process.execPath, ["example.ts"]);
    expect(output.toString()).toMatch(/\d+ bytes moved/);
    expect(await digestAt(target, "mirror/app")).toBe(await digestAt(source, "team/app"));
  });

  it("the command copies", async () => {
    const command = join(project, "node_modules/.bin/tranship");
    const manifest: { version: string } = JSON.parse(await readFile(join(WORKSPACE, "package.json"), "utf8"));
    expect((await run(command, ["--version"])).toString().trim()).toBe(manifest.version);
    await run(command, ["copy", `${source.address}/team/app:v1`, `${target.address}/command/app:v1`]);
    expect(await digestAt(target, "command/app")).toBe(await digestAt(source, "team/app"));
  });

  it.each(PACKAGE_NAMES)("%s is clean for publint and arethetypeswrong", async (name) => {
    await run(program("publint"), ["run", tarballs[name], "--strict"]);
    await run(program("attw"), [tarballs[name], "--profile", "esm-only"]);
  });

  it.each(PACKAGE_NAMES)("%s holds its licence, its README and no test", async (name) => {
    const files = (await run("tar", ["-tzf", tarballs[name]])).toString().trim().split("\n");
    expect(files).toEqual(expect.arrayContaining(["package/LICENSE", "package/README.md", "package/package.json"]));
    expect(files.filter((file) => /\.test\.|\/src\/|tsbuildinfo/.test(file))).toEqual([]);
  });

  function run(path: string, args: readonly string[]): Promise<Buffer> {
    return runPeer(path, args, { cwd: project });
  }
});
