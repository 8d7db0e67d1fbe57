import { mkdtempDisposable } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { GOOD_TAGS, type Side, seedImages, startSide, tagsOf } from "./bad-beside-good.ts";
import { BAD_REGISTRIES } from "./bad-registries.ts";

/** What is asked of the good registry, and put for it: the same beside a bad one and alone. */
function goodRequests({ good, target }: Side): readonly string[] {
  const put = target.log.filter((line) => /^PUT \/v2\/good\/app\/manifests\//.test(line));
  return [...good.log, ...put].toSorted();
}

async function alone(): Promise<readonly string[]> {
  await using folder = await mkdtempDisposable(join(tmpdir(), "tranship-alone-"));
  await using side = await startSide(undefined, folder.path);
  expect(await side.run([])).toMatchObject({ code: 0, stderr: "" });
  return goodRequests(side);
}

const ALONE = await alone();

describe("sync of a good registry beside a bad one", () => {
  it.each(BAD_REGISTRIES)("moves everything of the good one with the same requests: $name", async (row) => {
    await using folder = await mkdtempDisposable(join(tmpdir(), "tranship-beside-"));
    await using side = await startSide(row, folder.path);
    // Nothing ends a body that is slow: the good one does not wait for that.
    const command = side.start(["--min-rate", "0", ...(row.flags ?? [])]);
    await Promise.race([side.moved, command.ended]);
    if (row.says === undefined) {
      expect(command.process.exitCode, "the bad one goes on").toBeNull();
      command.process.kill("SIGINT");
      expect(await command.ended).toMatchObject({ code: 130 });
    } else {
      const { code, stderr } = await command.ended;
      expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringMatching(row.says) });
      expect(stderr).not.toMatch(/heap|stack/i);
    }
    expect([...side.target.manifests.keys()]).toEqual(
      expect.arrayContaining(GOOD_TAGS.map((tag) => `good/app:${tag}`)),
    );
    expect(goodRequests(side)).toEqual(ALONE);
    const ofBad = [...side.target.manifests.keys()].filter((key) => /^bad\/[^@]*$/.test(key));
    if (row.says !== undefined) expect(ofBad).toEqual(row.copied ?? []);
  });

  it.each(BAD_REGISTRIES.filter(({ name }) => name.includes("drip")))(
    "ends by the lowest rate, which is named: $name",
    async (row) => {
      await using folder = await mkdtempDisposable(join(tmpdir(), "tranship-rate-"));
      await using side = await startSide(row, folder.path);
      const { code, stderr } = await side.run(["--min-rate", "1MB/1", "--retries", "0", ...(row.flags ?? [])]);
      expect(code).toBe(1);
      expect(stderr).toMatch(
        /\d+ bytes came in \d+ s, fewer than 1000000 a second; minBytesPerSecond of the host \(--min-rate\)/,
      );
      expect(goodRequests(side)).toEqual(ALONE);
    },
  );

  it.each(BAD_REGISTRIES.filter(({ name }) => /^bodies of|a GET that is never/.test(name)))(
    "ends the images of a bad one by the deadline, which is named: $name",
    async (row) => {
      await using folder = await mkdtempDisposable(join(tmpdir(), "tranship-deadline-"));
      const size = row.name.includes("small") ? 20_000 : 100_000;
      const seed: typeof row.seed = (registry) => seedImages(registry, "app", tagsOf(10), { size });
      await using side = await startSide({ ...row, seed, mirror: { tags: { glob: "*" } } }, folder.path);
      const { code, stderr } = await side.run(["--min-rate", "0", "--image-deadline", "5s"]);
      expect(code).toBe(1);
      const said = /it takes longer than 5 s, the deadline of an image; --image-deadline allows more/g;
      expect(stderr.match(said)).toHaveLength(10);
      expect([...side.target.uploads.keys()], "uploads that are left open").toEqual([]);
    },
  );

  it.each<[name: string, row: number, host: object, says: RegExp]>([
    ["lists.names", find("an endless list of tags"), { lists: { names: 1500 } }, /more than 1500 names/],
    ["lists.pages", find("an endless catalogue"), { lists: { pages: 2 } }, /more than 2 pages/],
    ["lists.bytes", find("an endless list of tags"), { lists: { bytes: "20kB" } }, /more than 20000 bytes/],
    ["lists.pageBytes", find("an endless list of tags"), { lists: { pageBytes: "2KiB" } }, /more than 2048 bytes/],
  ])("has the limit of the key %s of a host", async (_, at, host, says) => {
    const row = BAD_REGISTRIES[at];
    await using folder = await mkdtempDisposable(join(tmpdir(), "tranship-keys-"));
    await using side = await startSide(row && { ...row, host }, folder.path);
    const { code, stderr } = await side.run(["--retries", "0"]);
    expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringMatching(says) });
    expect(goodRequests(side)).toEqual(ALONE);
  });

  it.each([
    ["--min-rate", "fast"],
    ["--min-rate", "1kB/0"],
    ["--list-limit", "names=0"],
    ["--list-limit", "images=5"],
    ["--list-limit", "bytes=much"],
    ["--image-deadline", "25d"],
    ["--image-deadline", "0s"],
  ])("refuses %s %s before anything starts", async (flag, value) => {
    await using folder = await mkdtempDisposable(join(tmpdir(), "tranship-flags-"));
    await using side = await startSide(undefined, folder.path);
    expect(await side.run([flag, value])).toMatchObject({ code: 2, stderr: expect.stringContaining(flag) });
    expect(side.good.log).toEqual([]);
  });
});

/** Where a bad registry is in the list. */
function find(name: string): number {
  return BAD_REGISTRIES.findIndex((row) => row.name === name);
}
