import { readFile, stat } from "node:fs/promises";
import { openLayout } from "@tranship/core";
import type { Hook } from "tranship";
import { describe, expect, it } from "vitest";
import { sampleImage, seed } from "../support/sample-image.ts";
import { Workbench } from "./workbench.ts";

/** Lets anna in, and nobody else. */
const onlyAnna: Hook = async (request, next) => {
  const wanted = `Basic ${Buffer.from("anna:s3cret:with colon").toString("base64")}`;
  if (request.headers["authorization"] === wanted) return next();
  return { status: 401, headers: { "www-authenticate": 'Basic realm="test"' }, body: "{}" };
};

describe("tranship login", () => {
  it("checks the credentials, keeps them, and later commands use them until logout", async () => {
    await using bench = await Workbench.open();
    const server = await bench.serve(onlyAnna);
    const flags = ["login", server.address, "-u", "anna", "--password-stdin"];
    const login = await bench.run(flags, { input: "s3cret:with colon\n" });
    expect(login).toMatchObject({ code: 0, stdout: `Logged in to ${server.address} as anna\n` });
    expect(login.stderr).toMatch(/^tranship: warning: [^\n]*unencrypted[^\n]*\n$/);
    expect((await stat(bench.path(".docker", "config.json"))).mode & 0o777).toBe(0o600);
    expect(await bench.run(["repos", server.address])).toMatchObject({ code: 0, stderr: "" });

    expect(await bench.run(["logout", server.address])).toMatchObject({ code: 0, stderr: "" });
    const anonymous = await bench.run(["repos", server.address]);
    expect(anonymous.code).toBe(1);
    expect(anonymous.stderr).toMatch(new RegExp(`^tranship: Cannot [^\n]*tranship login ${server.address}\n$`));
    expect((await bench.run(["logout", server.address])).stdout).toContain("Not logged in");
  });

  it("keeps nothing that the registry refuses", async () => {
    await using bench = await Workbench.open();
    const server = await bench.serve(onlyAnna);
    const run = await bench.run(["login", server.address, "-u", "anna", "--password-stdin"], { input: "wrong" });
    expect(run).toEqual({
      code: 1,
      stdout: "",
      stderr: `tranship: Cannot log in to "${server.address}": the registry refused the user name or password (401)\n`,
    });
    await expect(readFile(bench.path(".docker", "config.json"))).rejects.toMatchObject({ code: "ENOENT" });
  });
});

describe("credentials of one role", () => {
  it("--src-creds go to the source, --dest-creds to the target, also on one host", async () => {
    await using bench = await Workbench.open();
    const users = new Map<string, Set<string>>();
    const server = await bench.serve(async (request, next) => {
      const token = /^Basic (.*)$/.exec(request.headers["authorization"] ?? "")?.[1];
      if (token === undefined)
        return { status: 401, headers: { "www-authenticate": 'Basic realm="test"' }, body: "{}" };
      const user = Buffer.from(token, "base64").toString();
      const repository = "repository" in request.route ? request.route.repository : "";
      users.set(repository, (users.get(repository) ?? new Set()).add(user));
      return next();
    });
    const seeding = await bench.run(["login", server.address, "-u", "seeder", "--password-stdin"], { input: "x" });
    expect(seeding.code).toBe(0);
    await seed(await openLayout(bench.path("layout"), { create: true }), sampleImage(), "v1");
    expect((await bench.run(["copy", "oci:layout:v1", `${server.address}/a:v1`])).code).toBe(0);
    users.clear();
    const flags = ["--src-creds", "reader:r", "--dest-creds", "writer:w"];
    const run = await bench.run(["copy", ...flags, `${server.address}/a:v1`, `${server.address}/b:v1`]);
    expect(run).toMatchObject({ code: 0, stderr: "" });
    expect(Object.fromEntries(users)).toEqual({ a: new Set(["reader:r"]), b: new Set(["writer:w"]) });
  });
});
