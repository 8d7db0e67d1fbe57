import { openLayout } from "@tranship/core";
import { describe, expect, it } from "vitest";
import { pushImage, textImage } from "../acr/push-image.ts";
import { startAcrFake } from "../acr/start-acr-fake.ts";
import { sampleImage, seed } from "../support/sample-image.ts";
import { Workbench } from "./workbench.ts";

describe("tranship tag", () => {
  it("gives an image another tag and transfers no blob", async () => {
    await using bench = await Workbench.open();
    const asked: string[] = [];
    const server = await bench.serve((request, next) => {
      asked.push(`${request.method} ${request.path}`);
      return next();
    });
    const { digest } = await seed(bench.repository(server, "app"), sampleImage(), "v1");
    asked.length = 0;
    expect(await bench.run(["tag", `${server.address}/app:v1`, "stable"])).toMatchObject({ code: 0, stderr: "" });
    expect(asked).toEqual(["GET /v2/app/manifests/v1", "PUT /v2/app/manifests/stable"]);
    expect((await bench.repository(server, "app").resolve("stable")).digest).toBe(digest);
  });

  it("tags in a layout", async () => {
    await using bench = await Workbench.open();
    const layout = await openLayout(bench.path("layout"), { create: true });
    await seed(layout, sampleImage(), "v1");
    expect((await bench.run(["tag", "oci:layout:v1", "stable"])).code).toBe(0);
    expect(await Array.fromAsync(layout.tags())).toEqual(["v1", "stable"]);
  });
});

describe("tranship delete", () => {
  it("removes a tag and leaves the others of the same image", async () => {
    await using bench = await Workbench.open();
    const server = await bench.serve();
    for (const tag of ["v1", "v2"]) await seed(bench.repository(server, "app"), sampleImage(), tag);
    expect(await bench.run(["delete", `${server.address}/app:v1`])).toMatchObject({ code: 0, stderr: "" });
    expect(await Array.fromAsync(bench.repository(server, "app").tags())).toEqual(["v2"]);
  });

  it("says which tag would go too where a registry deletes by digest only, and deletes nothing", async () => {
    await using bench = await Workbench.open();
    const server = await bench.serve(async (request, next) =>
      request.method === "DELETE" && !request.path.includes("sha256:") ? { status: 400, body: "{}" } : next(),
    );
    for (const tag of ["v1", "v2"]) await seed(bench.repository(server, "app"), sampleImage(), tag);
    const run = await bench.run(["delete", `${server.address}/app:v1`]);
    expect(run.code).toBe(1);
    expect(run.stderr).toMatch(/^tranship: Cannot delete tag "v1" [^\n]*"v2"[^\n]*\n$/);
    expect(await Array.fromAsync(bench.repository(server, "app").tags())).toEqual(["v1", "v2"]);
  });

  it("removes a tag of Azure Container Registry alone: the manifest stays, with another tag or none", async () => {
    await using bench = await Workbench.open();
    await using fake = await startAcrFake();
    const image = textImage("one");
    await pushImage(fake, "app", image, ["v1", "v2"]);
    const access = ["--ca", fake.caFile, "--creds", `${fake.adminUser}:${fake.adminPassword}`];
    const run = (...args: readonly string[]) =>
      bench.run([...args, ...access], { env: { TRANSHIP_ACR_HOSTS: fake.host } });
    for (const tag of ["v1", "v2"]) {
      expect(await run("delete", `${fake.host}/app:${tag}`)).toMatchObject({ code: 0, stderr: "" });
    }
    expect(
      fake.requests.filter(({ method, status }) => method === "DELETE" && status === 202).map(({ path }) => path),
    ).toEqual(["/acr/v1/app/_tags/v1", "/acr/v1/app/_tags/v2"]);
    expect(await run("digest", `${fake.host}/app@${image.digest}`)).toMatchObject({ code: 0 });
    const gone = await run("delete", `${fake.host}/app:v1`);
    expect(gone).toMatchObject({ code: 1, stdout: "" });
    expect(gone.stderr).toBe(
      `tranship: Cannot delete tag "v1" from "${fake.host}/app": it does not exist; see what is there with: tranship ls ${fake.host}/app\n`,
    );
  });

  it("removes an image by digest, with its tags", async () => {
    await using bench = await Workbench.open();
    const server = await bench.serve();
    const { digest } = await seed(bench.repository(server, "app"), sampleImage(), "v1");
    expect((await bench.run(["delete", `${server.address}/app@${digest}`])).code).toBe(0);
    await expect(bench.repository(server, "app").resolve(digest)).rejects.toMatchObject({ code: "MANIFEST_UNKNOWN" });
  });
});
