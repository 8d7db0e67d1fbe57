import { mkdir, readdir, stat, writeFile } from "node:fs/promises";
import { openJournal } from "@tranship/copy";
import { digestOf } from "@tranship/core";
import { describe, expect, it } from "vitest";
import { sampleImage, seed } from "../support/sample-image.ts";
import { Workbench } from "./workbench.ts";

const DIGEST = digestOf(Buffer.from("a blob"));

/** A state folder that remembers an upload which was broken off: a real session of the server. */
async function withOpenUpload(bench: Workbench, address: string): Promise<string> {
  const folder = bench.path("state");
  const answer = await fetch(`http://${address}/v2/app/blobs/uploads/`, { method: "POST" });
  const location = new URL(answer.headers.get("location") ?? "", answer.url).href;
  const journal = await openJournal(folder);
  const key = { host: address, access: "", repository: "app", digest: DIGEST };
  await journal.uploads.opened(key, { size: 2_000_000, location, confirmed: 1_000_000 });
  await journal.blobs.seen(key, DIGEST);
  await journal.close();
  return location;
}

describe("tranship state", () => {
  it("shows what is remembered, and never where an upload goes on", async () => {
    await using bench = await Workbench.open();
    const { address } = await bench.serve();
    const location = await withOpenUpload(bench, address);
    const run = await bench.run(["state", "--state", "state"]);
    expect(run).toMatchObject({ code: 0, stderr: "" });
    expect(run.stdout).toMatch(/^Open uploads +1$/m);
    expect(run.stdout).toMatch(/^Blobs seen +1$/m);
    expect(run.stdout).toContain(`${address}/app  ${DIGEST}  1.0 MB of 2.0 MB`);
    const json = await bench.run(["state", "show", "--json", "--state", "state"]);
    expect(JSON.parse(json.stdout)).toMatchObject({
      folder: bench.path("state"),
      blobs: 1,
      spool: { files: 0, bytes: 0 },
      uploads: [{ repository: `${address}/app`, digest: DIGEST, size: 2_000_000, confirmed: 1_000_000, owned: false }],
    });
    for (const secret of [location, new URL(location).pathname.split("/").at(-1) ?? ""]) {
      expect(run.stdout + json.stdout).not.toContain(secret);
    }
  });

  it("clear --uploads cancels what was broken off at its registry", async () => {
    await using bench = await Workbench.open();
    const { address } = await bench.serve();
    const location = await withOpenUpload(bench, address);
    const flags = ["--state", "state", "--plain-http", address];
    expect(await bench.run(["state", "clear", "--uploads", ...flags])).toEqual({
      code: 0,
      stdout: "Cancelled 1 upload\n",
      stderr: "",
    });
    expect((await fetch(location)).status).toBe(404);
    const left = JSON.parse((await bench.run(["state", "--json", "--state", "state"])).stdout);
    expect(left).toMatchObject({ uploads: [], blobs: 1 });
    expect((await bench.run(["state", "clear", "--all", ...flags])).code).toBe(0);
    expect(JSON.parse((await bench.run(["state", "--json", "--state", "state"])).stdout)).toMatchObject({ blobs: 0 });
  });

  it("clear --uploads forgets, and says, what its registry can't be asked to cancel", async () => {
    await using bench = await Workbench.open();
    const journal = await openJournal(bench.path("state"));
    const key = { host: "127.0.0.1:9", access: "", repository: "app", digest: DIGEST };
    await journal.uploads.opened(key, {
      size: 10,
      location: "http://127.0.0.1:9/v2/app/blobs/uploads/1",
      confirmed: 0,
    });
    await journal.close();
    const run = await bench.run(["state", "clear", "--uploads", "--state", "state", "--plain-http", "127.0.0.1:9"]);
    expect(run.stdout).toContain("Forgot 1 upload that could not be cancelled");
    expect(run.code).toBe(0);
  });

  it("shows how many tags mirrors own, and clear --owned removes those records alone", async () => {
    await using bench = await Workbench.open();
    const journal = await openJournal(bench.path("state"));
    const place = { mirror: "mirrors.yaml", target: "registry.example/app" };
    for (const tag of ["v1", "v2"]) await journal.ownership.record(place, { tag, digest: DIGEST, because: "written" });
    await journal.blobs.seen({ host: "registry.example", access: "", repository: "app" }, DIGEST);
    await journal.close();
    expect((await bench.run(["state", "--state", "state"])).stdout).toMatch(/^Tags owned +2$/m);
    expect(await bench.run(["state", "clear", "--owned", "--state", "state"])).toEqual({
      code: 0,
      stdout: "Forgot that mirrors own 2 tags\n",
      stderr: "",
    });
    const left = JSON.parse((await bench.run(["state", "--json", "--state", "state"])).stdout);
    expect(left).toMatchObject({ ownedTags: 0, blobs: 1 });
  });

  it("shows how many repairs are unfinished, and clear --repairs removes those records alone", async () => {
    await using bench = await Workbench.open();
    const journal = await openJournal(bench.path("state"));
    const place = { host: "registry.example", access: "", repository: "app" };
    await journal.repairs.begun(place, { digest: DIGEST, size: 10 });
    await journal.blobs.seen(place, DIGEST);
    await journal.close();
    expect((await bench.run(["state", "--state", "state"])).stdout).toMatch(/^Unfinished repairs +1$/m);
    expect(await bench.run(["state", "clear", "--repairs", "--state", "state"])).toEqual({
      code: 0,
      stdout: "Forgot 1 unfinished repair\n",
      stderr: "",
    });
    const left = JSON.parse((await bench.run(["state", "--json", "--state", "state"])).stdout);
    expect(left).toMatchObject({ unfinishedRepairs: 0, blobs: 1 });
  });

  it("makes nothing where nothing is remembered, and refuses what it can't use", async () => {
    await using bench = await Workbench.open();
    expect((await bench.run(["state"])).stdout).toMatch(/^Open uploads +0$/m);
    expect(await bench.entries()).toEqual([]);
    await writeFile(bench.path("file"), "");
    const refused = await bench.run(["state", "--state", "file"]);
    expect(refused).toMatchObject({ code: 2, stdout: "" });
    expect(refused.stderr).toContain("Cannot read the state folder");
    expect(await bench.run(["state", "clear"])).toMatchObject({ code: 2, stderr: expect.stringContaining("Say what") });
  });
});

describe("tranship hosts", () => {
  it("sets, shows and forgets facts", async () => {
    await using bench = await Workbench.open();
    const env = { TRANSHIP_STATE: bench.path("state") };
    const set = await bench.run(["hosts", "set", "R.example", "maxBody=100MB", "upload=chunks"], { env });
    expect(set).toEqual({
      code: 0,
      stdout: "r.example  maxBody  100000000  set\nr.example  upload   chunks     set\n",
      stderr: "",
    });
    await bench.run(["hosts", "set", "docker.io", "resume=none"], { env });
    const list = JSON.parse((await bench.run(["hosts", "--json"], { env })).stdout);
    expect(list.hosts).toMatchObject([
      { host: "r.example", facts: [{ name: "maxBody", value: 100_000_000, setByUser: true }, { name: "upload" }] },
      { host: "registry-1.docker.io", facts: [{ name: "resume", value: "none" }] },
    ]);
    expect((await bench.run(["hosts", "forget", "r.example", "upload"], { env })).stdout).toBe(
      "Forgot 1 fact about r.example\n",
    );
    expect((await bench.run(["hosts", "show", "r.example"], { env })).stdout).toBe(
      "r.example  maxBody  100000000  set\n",
    );
  });

  it.each([
    [["set", "r.example", "maxBody=lots"], 'Bad maxBody "lots" of a host: expected a number of bytes'],
    [["set", "r.example", "colour=red"], 'Bad fact "colour" of a host: expected one of existence,'],
    [["set", "r.example", "upload"], 'Bad fact "upload": expected FACT=VALUE'],
    [["set", "https://r.example", "upload=put"], 'leave out "https://"'],
    [["forget", "r.example", "colour"], 'Bad fact "colour" of a host'],
  ])("refuses %j", async (args, message) => {
    await using bench = await Workbench.open();
    const run = await bench.run(["hosts", ...args]);
    expect(run).toMatchObject({ code: 2, stdout: "", stderr: expect.stringContaining(message) });
    expect(await bench.entries()).toEqual([]);
  });
});

describe("tranship copy --state", () => {
  it("goes on without a state folder that it can't use", async () => {
    await using bench = await Workbench.open();
    const server = await bench.serve();
    await seed(bench.repository(server, "app"), sampleImage(), "v1");
    await writeFile(bench.path("file"), "");
    const flags = ["--quiet", "--plain-http", server.address, "--state", "file"];
    const run = await bench.run(["copy", `${server.address}/app:v1`, `${server.address}/other:v1`, ...flags]);
    expect(run).toMatchObject({ code: 0, stdout: "" });
    expect((run.stderr.match(/warning: Cannot use the state folder/g) ?? []).length).toBeLessThan(2);
  });

  it("--no-state makes no folder", async () => {
    await using bench = await Workbench.open();
    const server = await bench.serve();
    await seed(bench.repository(server, "app"), sampleImage(), "v1");
    const flags = ["--quiet", "--plain-http", server.address, "--no-state"];
    const run = await bench.run(["copy", `${server.address}/app:v1`, `${server.address}/other:v1`, ...flags]);
    expect(run).toEqual({ code: 0, stdout: "", stderr: "" });
    expect(await readdir(bench.folder)).toEqual(["registry-0"]);
  });

  it("sets a damaged journal aside, and says so", async () => {
    await using bench = await Workbench.open();
    await mkdir(bench.path("state"), { mode: 0o700 });
    await writeFile(bench.path("state", "journal.db"), "garbage ".repeat(1000));
    const run = await bench.run(["hosts", "--state", "state"]);
    expect(run).toMatchObject({ code: 0, stdout: "" });
    expect(run.stderr).toMatch(/^tranship: warning: The journal "[^"]+" is damaged: it is kept as "[^"]+"/);
    expect((await stat(bench.path("state", "journal.db"))).mode & 0o777).toBe(0o600);
  });
});
