import { describe, expect, it } from "vitest";
import { sampleImage, sampleIndex, seed } from "../support/sample-image.ts";
import { Workbench } from "./workbench.ts";

describe("--log-level", () => {
  it("info shows each request on stderr, before or after the command, and the answer stays on stdout", async () => {
    await using bench = await Workbench.open();
    const server = await bench.serve();
    await seed(bench.repository(server, "app"), sampleIndex(), "v1");
    for (const args of [
      ["--log-level", "info", "ls", `${server.address}/app`],
      ["ls", `${server.address}/app`, "--log-level=info"],
    ]) {
      const run = await bench.run(args);
      expect(run).toMatchObject({ code: 0, stdout: "v1\n" });
      expect(run.stderr).toMatch(new RegExp(` info {2}GET http://${server.address}/v2/app/tags/list\\?n=1000 200 {`));
      expect(run.stderr).not.toMatch(/ debug /);
    }
  });

  it("debug shows where credentials were looked for and bodies, without secrets", async () => {
    await using bench = await Workbench.open();
    const server = await bench.serve(async ({ headers }, next) =>
      headers["authorization"] === undefined
        ? { status: 401, headers: { "www-authenticate": 'Basic realm="r"' } }
        : next(),
    );
    const run = await bench.run(["ls", "--log-level", "debug", "--creds", "me:s3cr3t-pw", `${server.address}/app`]);
    expect(run.stderr).toMatch(/ debug Credentials of .*: command line: user "me" and a password/);
    expect(run.stderr).toMatch(/ info {2}GET .* 401 /);
    expect(run.stderr).toMatch(/"authorization":"REDACTED"/);
    expect(run.stderr).toMatch(/ debug GET .* in full .*"responseBody":"{.*NAME_UNKNOWN/);
    expect(run.stderr).not.toContain("s3cr3t-pw");
    expect(run.stderr).not.toContain(Buffer.from("me:s3cr3t-pw").toString("base64"));
  });

  it("debug says which lane carries a big blob, and --lane chooses it", async () => {
    await using bench = await Workbench.open();
    const from = await bench.serve();
    const image = sampleImage({ layers: 1, layerSize: 300_000 });
    await seed(bench.repository(from, "app"), image, "v1");
    for (const [lane, line] of [
      ["auto", "blob lane {"],
      ["blob", "blob lane {"],
      ["control", "control lane: as was asked {"],
    ] as const) {
      // An empty one: what it has isn't sent.
      const to = await bench.serve();
      const places = [`${from.address}/app:v1`, `${to.address}/app:v1`];
      const run = await bench.run(["copy", "--lane", lane, "--log-level=debug", ...places]);
      expect(run.code).toBe(0);
      for (const request of ["GET \\S+/blobs/sha256:\\S+", "PUT \\S+/blobs/uploads/\\S+"]) {
        expect(run.stderr).toMatch(new RegExp(` debug ${request} goes by the ${line}`));
      }
      const { digest } = await bench.repository(to, "app").resolve("v1");
      expect(digest).toBe(image.root.descriptor.digest);
    }
    const bad = await bench.run(["copy", "--lane", "fast", `${from.address}/app:v1`, "oci:out"]);
    expect(bad.code).toBe(2);
    expect(bad.stderr).toMatch(/auto, blob, control/);
  });

  it("is nothing but the answer at error and without it, and another level is bad usage", async () => {
    await using bench = await Workbench.open();
    const server = await bench.serve();
    await seed(bench.repository(server, "app"), sampleIndex(), "v1");
    for (const options of [[], ["--log-level", "error"]]) {
      expect(await bench.run(["ls", `${server.address}/app`, ...options])).toEqual({
        code: 0,
        stdout: "v1\n",
        stderr: "",
      });
    }
    const bad = await bench.run(["ls", `${server.address}/app`, "--log-level", "loud"]);
    expect(bad.code).toBe(2);
    expect(bad.stderr).toMatch(/error, warn, info, debug/);
  });
});
