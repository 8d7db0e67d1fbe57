import { readFile, writeFile } from "node:fs/promises";
import { digestOf } from "@tranship/core";
import { describe, expect, it } from "vitest";
import { startAcrFake } from "../acr/start-acr-fake.ts";
import { sampleBytes } from "../support/sample-image.ts";
import { Workbench } from "./workbench.ts";

const BYTES = sampleBytes(5 * 1024 * 1024 + 1);
const DIGEST = digestOf(BYTES);
const TEXT_DIGEST = digestOf(Buffer.from("hello\n"));

describe("tranship blob", () => {
  it("puts a file, gets it back, and deletes it", async () => {
    await using bench = await Workbench.open();
    const server = await bench.serve();
    await writeFile(bench.path("blob.bin"), BYTES);
    const put = await bench.run(["blob", "put", `${server.address}/app`, "blob.bin"]);
    expect(put).toEqual({ code: 0, stdout: `${DIGEST} ${BYTES.length}\n`, stderr: "" });
    const reference = `${server.address}/app@${DIGEST}`;
    expect(await bench.run(["blob", "get", reference, "-o", "back.bin"])).toEqual({ code: 0, stdout: "", stderr: "" });
    expect(digestOf(await readFile(bench.path("back.bin")))).toBe(DIGEST);
    const remove = await bench.run(["blob", "delete", reference]);
    expect(remove).toEqual({ code: 0, stdout: `Deleted ${reference}\n`, stderr: "" });
    const gone = await bench.run(["blob", "get", reference, "-o", "gone.bin"]);
    expect(gone).toMatchObject({ code: 1, stdout: "", stderr: expect.stringMatching(/^tranship: Cannot [^\n]*\n$/) });
    expect((await bench.run(["blob", "delete", reference])).code).toBe(1);
    expect((await bench.entries()).toSorted()).toEqual(["back.bin", "blob.bin", "registry-0"]);
  });

  it("puts what comes on stdin, of unknown size, and prints it on stdout", async () => {
    await using bench = await Workbench.open();
    const server = await bench.serve();
    for (const args of [[], ["-"]]) {
      const put = await bench.run(["blob", "put", "--json", `${server.address}/app`, ...args], { input: "hello\n" });
      expect(put).toMatchObject({ code: 0, stderr: "" });
      expect(JSON.parse(put.stdout)).toEqual({ digest: TEXT_DIGEST, size: 6 });
    }
    const got = await bench.run(["blob", "get", `${server.address}/app@${TEXT_DIGEST}`]);
    expect(got).toEqual({ code: 0, stdout: "hello\n", stderr: "" });
  });

  it("leaves the old file as it was where the bytes are wrong, and exits with 1", async () => {
    await using bench = await Workbench.open();
    const server = await bench.serve(async (request, next) =>
      request.route.kind === "blob" && request.method === "GET" ? { status: 200, body: "hellO\n" } : next(),
    );
    await bench.run(["blob", "put", `${server.address}/app`], { input: "hello\n" });
    await writeFile(bench.path("file"), "old");
    for (const output of [["-o", "file"], []]) {
      const run = await bench.run(["blob", "get", `${server.address}/app@${TEXT_DIGEST}`, ...output]);
      expect(run).toMatchObject({ code: 1, stderr: expect.stringMatching(/^tranship: [^\n]*\n$/) });
      expect(run.stdout).not.toContain("\n");
    }
    expect(await readFile(bench.path("file"), "utf8")).toBe("old");
    expect((await bench.entries()).toSorted()).toEqual(["file", "registry-0"]);
  });

  it("works on Azure Container Registry, in chunks and over its redirects", async () => {
    await using bench = await Workbench.open();
    await using fake = await startAcrFake();
    const flags = ["--ca", fake.caFile, "--creds", `${fake.adminUser}:${fake.adminPassword}`];
    await writeFile(bench.path("blob.bin"), BYTES);
    expect(await bench.run(["blob", "put", ...flags, `${fake.host}/app`, "blob.bin"])).toMatchObject({
      code: 0,
      stdout: `${DIGEST} ${BYTES.length}\n`,
    });
    expect(await bench.run(["blob", "get", ...flags, `${fake.host}/app@${DIGEST}`, "-o", "back.bin"])).toMatchObject({
      code: 0,
    });
    expect(digestOf(await readFile(bench.path("back.bin")))).toBe(DIGEST);
  });

  it.each<readonly [what: string, args: readonly string[], says: RegExp]>([
    ["a file that is not there", ["put", "REPO", "none"], /no file "none"/],
    ["a tag to put to", ["put", "REPO:v1", "none"], /leave out "v1"/],
    ["a layout", ["put", "oci:layout", "none"], /works on registries/],
    ["no digest to get", ["get", "REPO:v1"], /needs a digest/],
    ["no digest to delete", ["delete", "REPO"], /needs a digest/],
    ["an output in no folder", ["get", `REPO@${DIGEST}`, "-o", "none/file"], /no folder "none"/],
    ["an output that is a device", ["get", `REPO@${DIGEST}`, "-o", "/dev/null"], /is no file/],
  ])("refuses %s with exit 2", async (_what, args, says) => {
    await using bench = await Workbench.open();
    const run = await bench.run(["blob", ...args.map((arg) => arg.replace(/^REPO/, "127.0.0.1:1/app"))]);
    expect(run).toEqual({ code: 2, stdout: "", stderr: expect.stringMatching(/^tranship: [^\n]+\n$/) });
    expect(run.stderr).toMatch(says);
  });
});
