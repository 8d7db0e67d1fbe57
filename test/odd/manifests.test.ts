import { describe, expect, it } from "vitest";
import { Workbench } from "../cli/workbench.ts";
import { scriptedRegistry, sha256 } from "../support/scripted-registry.ts";
import { ODD_MANIFESTS, oddRegistry } from "./odd-manifests.ts";

const copied = ODD_MANIFESTS.filter(({ refused }) => refused !== true);
const refused = ODD_MANIFESTS.filter((row) => row.refused === true);

describe("an odd manifest", () => {
  it.each(copied)("with $name is copied byte for byte, verified, and unchanged the next time", async (row) => {
    await using bench = await Workbench.open();
    await using source = await oddRegistry(row);
    await using target = await scriptedRegistry();
    const names = [`${source.host}/app:v1`, `${target.host}/app:v1`];
    const run = await bench.run(["copy", ...names]);
    expect(run.stderr).toContain(row.says ?? "");
    if (row.says === undefined) expect(run.stderr).toBe("");
    expect(run.code).toBe(0);
    expect(target.manifests.get("app:v1")?.bytes).toEqual(source.manifests.get("app:v1")?.bytes);
    for (const key of [...source.manifests.keys()].filter((name) => name.includes("@")))
      expect(target.manifests.has(key), key).toBe(true);
    for (const [key, bytes] of target.blobs) expect(source.blobs.get(key)).toEqual(bytes);
    expect(await bench.run(["verify", "--deep", ...names])).toMatchObject({ code: 0 });
    const moved = target.log.length;
    const again = await bench.run(["copy", ...names]);
    expect(again.stdout).toContain("Unchanged");
    expect(target.log.slice(moved).filter((line) => !/^(HEAD|GET) /.test(line))).toEqual([]);
  });

  it.each(copied)("with $name goes into a layout and out of it", async (row) => {
    await using bench = await Workbench.open();
    await using source = await oddRegistry(row);
    await using target = await scriptedRegistry();
    expect(await bench.run(["copy", `${source.host}/app:v1`, "oci:layout:v1"])).toMatchObject({ code: 0 });
    expect((await bench.run(["copy", `${source.host}/app:v1`, "oci:layout:v1"])).stdout).toContain("Unchanged");
    expect(await bench.run(["copy", "oci:layout:v1", `${target.host}/app:v1`])).toMatchObject({ code: 0 });
    expect(sha256(target.manifests.get("app:v1")?.bytes ?? Buffer.of())).toBe(
      sha256(source.manifests.get("app:v1")?.bytes ?? Buffer.of()),
    );
    expect(await bench.run(["verify", "--deep", `${source.host}/app:v1`, `${target.host}/app:v1`])).toMatchObject({
      code: 0,
    });
  });

  it.each(refused)("with $name is refused by what is wrong, and nothing gets the tag", async (row) => {
    await using bench = await Workbench.open();
    await using source = await oddRegistry(row);
    await using target = await scriptedRegistry();
    for (const to of [`${target.host}/app:v1`, "oci:layout:v1"]) {
      const run = await bench.run(["copy", `${source.host}/app:v1`, to]);
      expect(run.stderr).toContain(row.says);
      expect(run.code).toBe(1);
    }
    expect([...target.manifests.keys()].filter((name) => name.includes(":v1"))).toEqual([]);
  });
});
