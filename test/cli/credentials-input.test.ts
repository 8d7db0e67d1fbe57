import { writeFile } from "node:fs/promises";
import type { Hook } from "tranship";
import { expect, it } from "vitest";
import { sampleImage, seed } from "../support/sample-image.ts";
import { Workbench } from "./workbench.ts";

const IMAGE = sampleImage({ layers: 1 });
const SECRET = "S3CR3T";

/** A registry that takes one user. */
function protectedBy(user: string, enabled: () => boolean): Hook {
  const expected = `Basic ${Buffer.from(user).toString("base64")}`;
  return async (request, next) =>
    !enabled() || request.headers["authorization"] === expected
      ? next()
      : { status: 401, headers: { "www-authenticate": 'Basic realm="r"' } };
}

async function guarded(bench: Workbench, user: string) {
  let isOn = false;
  const server = await bench.serve(protectedBy(user, () => isOn));
  await seed(bench.repository(server, "app"), IMAGE, "v1");
  isOn = true;
  return server;
}

it("each command with --creds takes --creds-file and --creds-stdin too", async () => {
  await using bench = await Workbench.open();
  const server = await guarded(bench, `me:${SECRET}:x`);
  await writeFile(bench.path("creds"), `me:${SECRET}:x\n`);
  const image = `${server.address}/app:v1`;
  const commands = [
    ["inspect", image],
    ["digest", image],
    ["ls", `${server.address}/app`],
    ["repos", server.address],
    ["tag", image, "v2"],
    ["manifest", "get", image],
  ];
  for (const args of commands) {
    expect((await bench.run([...args, "--creds-file", "creds"])).stderr, args[0]).toBe("");
    expect((await bench.run([...args, "--creds-stdin"], { input: `me:${SECRET}:x\r\n` })).stderr, args[0]).toBe("");
    expect((await bench.run([...args, "--creds-stdin"], { input: "me:wrong" })).code, args[0]).not.toBe(0);
  }
});

it("copy takes the credentials of one side by a file and of the other by stdin", async () => {
  await using bench = await Workbench.open();
  const [source, target] = [await guarded(bench, "a:1"), await guarded(bench, "b:2")];
  await writeFile(bench.path("creds"), "b:2");
  const args = ["copy", "-q", `${source.address}/app:v1`, `${target.address}/copy:v1`];
  const run = await bench.run([...args, "--src-creds-stdin", "--dest-creds-file", "creds"], { input: "a:1\n" });
  expect(run).toMatchObject({ code: 0, stderr: "" });
});

it.each<[string, readonly string[], string, string]>([
  [
    "twice",
    ["--src-creds", "a:b", "--src-creds-file", "creds"],
    "",
    "--src-creds and --src-creds-file exclude each other",
  ],
  ["twice by stdin", ["--src-creds-stdin", "--dest-creds-stdin"], "a:b", "both read stdin"],
  ["nothing", ["--src-creds-stdin"], "", "--src-creds-stdin gives nothing"],
  ["several lines", ["--src-creds-stdin"], `a:${SECRET}\nb`, "gives several lines"],
  ["no colon", ["--src-creds-stdin"], SECRET, "expected user:password, there is no colon"],
  ["no file", ["--src-creds-file", "none"], "", 'There is no file "none"'],
])("copy refuses credentials before anything starts, and shows none: %s", async (_, flags, input, says) => {
  await using bench = await Workbench.open();
  await writeFile(bench.path("creds"), `a:${SECRET}`);
  const run = await bench.run(["copy", ...flags, "127.0.0.1:1/a:1", "127.0.0.1:1/b:1"], { input });
  expect(run).toMatchObject({ code: 2, stdout: "", stderr: expect.stringContaining(says) });
  expect(run.stderr).not.toContain(SECRET);
});

const MIRROR = (from: string, to: string, host: string): string =>
  `version: 1\nhosts:\n  "${host}": { plainHttp: true }\nmirrors:\n  - from: ${from}\n    to: ${to}\n`;

it.each<[string, readonly string[], string?]>([
  ["a source", ["copy", `me:${SECRET}@r.example/app:v1`, "oci:x"]],
  ["a source with a digest", ["copy", `me:${SECRET}@r.example/app@sha256:${"a".repeat(64)}`, "oci:x"]],
  ["a source with a scheme", ["copy", `docker://me:${SECRET}@r.example/app:v1`, "oci:x"]],
  ["a source as a URL", ["copy", `https://me:${SECRET}@r.example/app:v1`, "oci:x"]],
  ["a target", ["copy", "r.example/app:v1", `me:${SECRET}@r.example/app:v1`]],
  ["a host", ["repos", `me:${SECRET}@r.example`]],
  ["a host as a URL", ["repos", `https://me:${SECRET}@r.example`]],
  ["login", ["login", `me:${SECRET}@r.example`]],
  ["login with JSON", ["repos", "--json", `me:${SECRET}@r.example`]],
  ["--plain-http", ["repos", "r.example", "--plain-http", `me:${SECRET}@r.example`]],
  ["--allow-redirect", ["repos", "r.example", "--allow-redirect", `me:${SECRET}@r.example`]],
  ["from", ["sync", "-f", "m.yaml"], MIRROR(`me:${SECRET}@r.example/app`, "t.example/app", "t.example")],
  [
    "from as a URL",
    ["sync", "-f", "m.yaml"],
    MIRROR(`https://me:${SECRET}@r.example/app`, "t.example/app", "t.example"),
  ],
  ["to", ["sync", "-f", "m.yaml"], MIRROR("r.example/app", `me:${SECRET}@t.example/app`, "t.example")],
  ["a host of the file", ["sync", "-f", "m.yaml"], MIRROR("r.example/app", "t.example/app", `me:${SECRET}@t.example`)],
  [
    "convert",
    ["convert", "m.yaml"],
    `sync:\n  - source: me:${SECRET}@r.example/a\n    target: t.example/a\n    type: image\n`,
  ],
])("user:SECRET@host is refused and not shown: %s", async (_, args, file = "") => {
  await using bench = await Workbench.open();
  await writeFile(bench.path("m.yaml"), file);
  const run = await bench.run([...args, "--debug"]);
  expect(`${run.stdout}${run.stderr}`).not.toMatch(new RegExp(SECRET, "i"));
  expect(run.code).not.toBe(0);
  expect(run.stderr).not.toBe("");
});

it.each(["HTTPS_PROXY", "HTTP_PROXY"])("a password in %s is not shown, whatever is wrong with it", async (name) => {
  await using bench = await Workbench.open();
  for (const value of [
    `http://me:${SECRET}@127.0.0.1:1`,
    `ftp://me:${SECRET}@p.example`,
    `http://me:${SECRET}%@p.example`,
  ]) {
    const args = [
      "repos",
      "r.invalid",
      "--retries",
      "0",
      "--debug",
      "--plain-http",
      name === "HTTP_PROXY" ? "r.invalid" : "x",
    ];
    const run = await bench.run(args, { env: { [name]: value } });
    expect(run.code).not.toBe(0);
    expect(`${run.stdout}${run.stderr}`).not.toContain(SECRET);
  }
});
