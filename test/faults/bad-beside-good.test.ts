import { mkdtempDisposable } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { GOOD_TAGS, type Side, startSide } from "./bad-beside-good.ts";
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
});
