import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { AcrFake } from "../acr/acr-fake.ts";
import { pushImage, textImage } from "../acr/push-image.ts";
import { startAcrFake } from "../acr/start-acr-fake.ts";
import { sampleImage, seed } from "../support/sample-image.ts";
import type { CommandRun } from "./run-command.ts";
import { Workbench } from "./workbench.ts";

const ONE = textImage("one");
const TWO = textImage("two", "arm64");

describe("tranship acr", () => {
  let bench: Workbench;
  let fake: AcrFake;

  function acr(command: string, ...args: readonly string[]): Promise<CommandRun> {
    const filled = args.map((arg) => arg.replace(/^REG/, fake.host));
    return bench.run([
      "acr",
      command,
      "--ca",
      fake.caFile,
      "--creds",
      `${fake.adminUser}:${fake.adminPassword}`,
      ...filled,
    ]);
  }

  beforeAll(async () => {
    bench = await Workbench.open();
    fake = await startAcrFake({ pageSize: 2 });
    await pushImage(fake, "app", ONE, ["v1", "first"]);
    await pushImage(fake, "app", TWO, ["v2"]);
    await pushImage(fake, "app", textImage("three"));
    await pushImage(fake, "team/tool", ONE, ["v1"]);
    await pushImage(fake, "other", ONE, ["v1"]);
  });
  afterAll(async () => {
    await fake.close();
    await bench[Symbol.asyncDispose]();
  });

  it("shows a repository, a tag and a manifest", async () => {
    const repository = await acr("show", "REG/app");
    expect(repository).toMatchObject({ code: 0, stderr: "" });
    expect(repository.stdout).toMatch(
      /^127\S+\/app\n {2}manifests +3\n {2}tags +3\n {2}created +\S+Z\n {2}updated +\S+Z/,
    );
    expect(repository.stdout).toMatch(/\n {2}locked +no\n$/);
    const tag = await acr("show", "REG/app:v1");
    expect(tag.stdout).toMatch(new RegExp(`\n {2}digest +${ONE.digest}\n`));
    const manifest = await acr("show", `REG/app@${ONE.digest}`);
    expect(manifest.stdout).toMatch(/\n {2}platform +linux\/amd64\n {2}tags +(v1,first|first,v1)\n/);
  });

  it("shows them as JSON, with times and numbers of bytes", async () => {
    expect(JSON.parse((await acr("show", "--json", "REG/app")).stdout)).toMatchObject({
      name: "app",
      manifestCount: 3,
      tagCount: 3,
      canDelete: true,
    });
    expect(JSON.parse((await acr("show", "--json", "REG/app:v2")).stdout)).toMatchObject({
      name: "v2",
      digest: TWO.digest,
      createdOn: expect.stringMatching(/^\d{4}-.*Z$/),
    });
    const size = TWO.blobs.reduce((sum, blob) => sum + blob.length, 0);
    expect(JSON.parse((await acr("show", "--json", `REG/app@${TWO.digest}`)).stdout)).toMatchObject({
      sizeInBytes: size,
      architecture: "arm64",
      tags: ["v2"],
    });
  });

  it("lists the repositories of a registry", async () => {
    expect(await acr("list", "REG")).toEqual({ code: 0, stdout: "app\nother\nteam/tool\n", stderr: "" });
    const json = await acr("list", "--json", "REG");
    expect(JSON.parse(json.stdout)).toEqual({ registry: fake.host, repositories: ["app", "other", "team/tool"] });
  });

  it("lists the manifests of a repository, tagged or not, by their last update where asked to", async () => {
    const { code, stdout, stderr } = await acr("list", "REG/app");
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    const [head, ...lines] = stdout.trimEnd().split("\n");
    expect(head).toMatch(/^DIGEST +TAGS +SIZE +PLATFORM +CREATED +UPDATED +LOCKED$/);
    expect(lines).toHaveLength(3);
    expect(lines.find((line) => line.startsWith(TWO.digest))).toMatch(/ v2 +\d+ B +linux\/arm64 +\S+Z +\S+Z +no$/);
    const times = async (order: string): Promise<readonly string[]> => {
      const json = JSON.parse((await acr("list", "--json", "--order-by", order, "REG/app")).stdout);
      return json.manifests.map(({ lastUpdatedOn }: { readonly lastUpdatedOn: string }) => lastUpdatedOn);
    };
    const newestFirst = await times("updated");
    expect(newestFirst).toEqual(newestFirst.toSorted().toReversed());
    expect(await times("updated-asc")).toEqual(newestFirst.toReversed());
  });

  it("locks writing and deleting, or what is named, and unlocks it", async () => {
    const locked = await acr("lock", "REG/other:v1");
    expect(locked).toEqual({ code: 0, stdout: `${fake.host}/other:v1: locked: write, delete\n`, stderr: "" });
    expect((await acr("show", "REG/other:v1")).stdout).toMatch(/ locked +write, delete\n$/);
    expect((await acr("unlock", "--write", "REG/other:v1")).stdout).toMatch(/: locked: delete\n$/);
    expect((await acr("unlock", "REG/other:v1")).stdout).toMatch(/: locked: no\n$/);
    expect((await acr("lock", "--list", "--read", `REG/other@${ONE.digest}`)).stdout).toMatch(
      /: locked: list, read\n$/,
    );
    expect((await acr("unlock", "--list", "--read", `REG/other@${ONE.digest}`)).stdout).toMatch(/: locked: no\n$/);
    const json = await acr("lock", "--json", "--delete", "REG/other");
    expect(JSON.parse(json.stdout)).toMatchObject({ name: "other", canDelete: false, canWrite: true });
    expect(await acr("unlock", "-q", "REG/other")).toEqual({ code: 0, stdout: "", stderr: "" });
  });

  it("says that something is locked, and how to unlock it", async () => {
    const run = (...args: readonly string[]) =>
      bench.run([...args, "--ca", fake.caFile], { env: { TRANSHIP_ACR_HOSTS: fake.host } });
    const creds = `${fake.adminUser}:${fake.adminPassword}`;
    const [from, to] = [`${fake.host}/app:v2`, `${fake.host}/team/tool:v1`];
    for (const flags of [[], ["--read"]]) await acr("lock", ...flags, to);
    for (const [args, unlock] of [
      [["delete", to, "--creds", creds], to],
      [["inspect", to, "--creds", creds], `--read ${to}`],
    ] as const) {
      const { code, stderr } = await run(...args);
      expect(code).toBe(1);
      expect(stderr).toMatch(/^tranship: Cannot [^\n]*\(405\); it is locked, [^\n]*\n$/);
      expect(stderr).toContain(`unlock it with: tranship acr unlock ${unlock}\n`);
    }
    await acr("unlock", "--read", to);
    const copy = await run("copy", from, to, "--src-creds", creds, "--dest-creds", creds);
    expect(copy.code).toBe(1);
    expect(copy.stderr).toMatch(/; it is locked, [^\n]*: tranship acr unlock \S+\n/);
    await acr("unlock", to);
    expect((await run("copy", from, to, "--src-creds", creds, "--dest-creds", creds)).code).toBe(0);
  });

  it("says what is not there", async () => {
    for (const [args, says] of [
      [["show", "REG/none"], /is not found|NAME_UNKNOWN/],
      [["show", "REG/app:none"], /does not exist/],
      [["lock", "REG/app:none"], /does not exist/],
      [["list", "REG/none"], /is not found|NAME_UNKNOWN/],
    ] as const) {
      const [command, ...rest] = args;
      const run = await acr(command, ...rest);
      expect(run).toMatchObject({ code: 1, stdout: "", stderr: expect.stringMatching(/^tranship: Cannot [^\n]*\n$/) });
      expect(run.stderr).toMatch(says);
      expect(run.stderr).not.toContain("no Azure Container Registry");
    }
  });

  it("says that another registry has none of this", async () => {
    const server = await bench.serve();
    await seed(bench.repository(server, "app"), sampleImage(), "v1");
    const site = await bench.serve(async () => ({
      status: 200,
      headers: { "content-type": "text/html" },
      body: "<html>",
    }));
    for (const { address } of [server, site]) {
      for (const args of [
        ["show", "/app:v1"],
        ["lock", "/app"],
        ["list", ""],
        ["list", "/app"],
      ] as const) {
        const run = await bench.run(["acr", args[0], `${address}${args[1]}`]);
        expect(run).toMatchObject({ code: 1, stdout: "" });
        expect(run.stderr).toMatch(/^tranship: Cannot [^\n]*: it is no Azure Container Registry, [^\n]*\n$/);
      }
    }
  });

  it.each<readonly [args: readonly string[], says: RegExp]>([
    [["show", "alpine:3.20"], /expected HOST\/REPOSITORY/],
    [["lock", "oci:layout"], /expected HOST\/REPOSITORY/],
    [["list", "127.0.0.1:1/app:v1"], /leave out "v1"/],
    [["list", "127.0.0.1:1", "--order-by", "updated"], /name one/],
    [["list", "127.0.0.1:1/app", "--order-by", "size"], /updated/],
    [["show", "127.0.0.1:1/APP"], /Bad reference/],
  ])("refuses %j with exit 2", async (args, says) => {
    const run = await bench.run(["acr", ...args]);
    expect(run).toEqual({ code: 2, stdout: "", stderr: expect.stringMatching(/^tranship: [^\n]+\n$/) });
    expect(run.stderr).toMatch(says);
  });
});
