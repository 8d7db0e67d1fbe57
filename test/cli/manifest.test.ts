import { readFile, writeFile } from "node:fs/promises";
import { digestOf, OCI_MANIFEST, openLayout } from "@tranship/core";
import { describe, expect, it } from "vitest";
import { sampleImage, seed } from "../support/sample-image.ts";
import { Workbench } from "./workbench.ts";

const IMAGE = sampleImage();
const { bytes: BYTES, descriptor: MANIFEST } = IMAGE.root;

describe("tranship manifest", () => {
  it("gets the exact bytes, to stdout and into a file", async () => {
    await using bench = await Workbench.open();
    const server = await bench.serve();
    await seed(bench.repository(server, "app"), IMAGE, "v1");
    const printed = await bench.run(["manifest", "get", `${server.address}/app:v1`]);
    expect(printed).toEqual({ code: 0, stdout: Buffer.from(BYTES).toString(), stderr: "" });
    const written = await bench.run(["manifest", "get", `${server.address}/app@${MANIFEST.digest}`, "-o", "m.json"]);
    expect(written).toEqual({ code: 0, stdout: "", stderr: "" });
    expect(digestOf(await readFile(bench.path("m.json")))).toBe(MANIFEST.digest);
  });

  it("puts a file under a tag and stdin under its digest, as they are", async () => {
    await using bench = await Workbench.open();
    const server = await bench.serve();
    const app = bench.repository(server, "app");
    await seed(app, IMAGE, "v1");
    await writeFile(bench.path("m.json"), BYTES);
    const put = await bench.run(["manifest", "put", `${server.address}/app:v2`, "m.json"]);
    expect(put).toEqual({ code: 0, stdout: `${MANIFEST.digest}\n`, stderr: "" });
    expect((await app.resolve("v2")).digest).toBe(MANIFEST.digest);
    const compact = JSON.stringify(JSON.parse(Buffer.from(BYTES).toString()));
    const json = await bench.run(["manifest", "put", "--json", `${server.address}/app`], { input: compact });
    expect(JSON.parse(json.stdout)).toEqual({
      mediaType: OCI_MANIFEST,
      digest: digestOf(Buffer.from(compact)),
      size: compact.length,
    });
    expect(Buffer.from((await app.open(digestOf(Buffer.from(compact)))).bytes).toString()).toBe(compact);
    expect(await Array.fromAsync(app.tags())).toEqual(["v1", "v2"]);
  });

  it("takes --media-type where the document has none", async () => {
    await using bench = await Workbench.open();
    const layout = await openLayout(bench.path("layout"), { create: true });
    await seed(layout, IMAGE, "v1");
    const { mediaType: _, ...document } = JSON.parse(Buffer.from(BYTES).toString());
    const type = "application/vnd.docker.distribution.manifest.v2+json";
    const args = ["manifest", "put", "--media-type", type, "oci:layout:docker"];
    expect(await bench.run(args, { input: JSON.stringify(document) })).toMatchObject({ code: 0, stderr: "" });
    expect(await layout.resolve("docker")).toMatchObject({ mediaType: type });
  });

  it("deletes a manifest with all its tags", async () => {
    await using bench = await Workbench.open();
    const server = await bench.serve();
    const app = bench.repository(server, "app");
    for (const tag of ["v1", "v2"]) await seed(app, IMAGE, tag);
    await seed(app, sampleImage({ seed: "other" }), "v3");
    const run = await bench.run(["manifest", "delete", `${server.address}/app:v1`]);
    expect(run).toMatchObject({ code: 0, stderr: "", stdout: expect.stringContaining(MANIFEST.digest) });
    expect(await Array.fromAsync(app.tags())).toEqual(["v3"]);
    const again = await bench.run(["manifest", "delete", `${server.address}/app:v1`]);
    expect(again).toMatchObject({ code: 1, stdout: "", stderr: expect.stringMatching(/^tranship: Cannot [^\n]*\n$/) });
  });

  it("says what the registry misses", async () => {
    await using bench = await Workbench.open();
    const server = await bench.serve();
    const run = await bench.run(["manifest", "put", `${server.address}/app:v1`], {
      input: Buffer.from(BYTES).toString(),
    });
    expect(run).toMatchObject({ code: 1, stdout: "", stderr: expect.stringMatching(/^tranship: Cannot [^\n]*\n$/) });
  });

  it.each<readonly [what: string, args: readonly string[], input: string, says: RegExp]>([
    ["what is no JSON", ["put", "REPO:v1"], "{", /Cannot put a manifest as "\S+:v1": it is no JSON/],
    ["what is no manifest", ["put", "REPO:v1"], '{"schemaVersion":2}', /neither "config"/],
    ["what is too long", ["put", "REPO:v1"], " ".repeat(4 * 1024 * 1024 + 1), /more than 4194304 bytes/],
    [
      "another digest",
      ["put", `REPO@${digestOf(Buffer.from("x"))}`],
      Buffer.from(BYTES).toString(),
      /its bytes hash to sha256:/,
    ],
    ["nothing to delete", ["delete", "REPO"], "", /needs a tag or a digest/],
    ["a file that is not there", ["put", "REPO:v1", "none"], "", /no file "none"/],
  ])("refuses %s with exit 2", async (_what, args, input, says) => {
    await using bench = await Workbench.open();
    const filled = args.map((arg) => arg.replace(/^REPO/, "127.0.0.1:1/app"));
    const run = await bench.run(["manifest", ...filled], { input });
    expect(run).toEqual({ code: 2, stdout: "", stderr: expect.stringMatching(/^tranship: [^\n]+\n$/) });
    expect(run.stderr).toMatch(says);
  });
});
