import { mkdtempDisposable } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openLayout } from "@tranship/core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { sampleArtifact, sampleIndex, seed } from "../support/sample-image.ts";
import { copyThrough, TARGET } from "./copy-through.ts";
import type { Fault } from "./fault.ts";
import { FAULTS } from "./faults.ts";
import { type FaultyPair, type Original, startFaultyPair } from "./faulty-pair.ts";
import { LANES } from "./lanes.ts";
import type { OriginalImage } from "./original-image.ts";

/** Copies an image through every faulty registry, on each lane. */
export function meetFaults(what: string, makeImage: () => Promise<OriginalImage>): void {
  let image: OriginalImage;
  beforeAll(async () => {
    image = await makeImage();
  }, 600_000);
  afterAll(() => image?.[Symbol.asyncDispose]());

  describe.each(LANES)(`copy() of ${what} on $name, through a registry with`, (lane) => {
    it.each(FAULTS.filter(({ ends }) => ends === undefined))(
      "$name ($at, $row): the target has every byte",
      async (fault) => {
        await using stack = new AsyncDisposableStack();
        const original = await originalFor(fault, image, stack);
        const pair = stack.use(await startFaultyPair(fault, original));
        await copyThrough(pair, fault, original, lane);
        expect(pair.hits).not.toEqual([]);
        await expectWhole(pair, fault, original);
      },
    );

    it.each(FAULTS.filter(({ ends }) => ends !== undefined))(
      "$name ($at, $row): it ends with what helps, and goes on when the fault is mended",
      async (fault) => {
        await using stack = new AsyncDisposableStack();
        const pair = stack.use(await startFaultyPair(fault, image));
        const failed = await copyThrough(pair, fault, image, lane).then(
          () => expect.fail("it did not fail"),
          (error: unknown) => error,
        );
        expect(pair.hits).not.toEqual([]);
        expect(failed).toMatchObject({ code: fault.ends?.code });
        expect(String(failed)).toMatch(fault.ends?.says ?? /^$/);
        if (fault.ends?.leavesUploads !== true) expect(await pair.openUploads()).toEqual([]);
        if (fault.ends?.isCopied === true) await pair.compare(TARGET.repository, image.tag);
        await expect(pair.compare(TARGET.repository, TARGET.tag)).rejects.toThrow();
        const mended: Fault = { ...fault, job: "image", script: () => (_, next) => next(), options: {} };
        pair.setLive(false);
        await copyThrough({ ...pair, setLive: () => {} }, mended, image, lane);
        await pair.compare(TARGET.repository, TARGET.tag);
      },
    );
  });
}

/** What has referrers is a layout of its own: the image is shared with other tests. */
async function originalFor(fault: Fault, image: OriginalImage, stack: AsyncDisposableStack): Promise<Original> {
  if (fault.job !== "referrers") return image;
  const folder = stack.use(await mkdtempDisposable(join(tmpdir(), "tranship-referrers-")));
  const layout = await openLayout(folder.path, { create: true });
  const subject = await seed(layout, sampleIndex(), "multi");
  await seed(layout, sampleArtifact({ subject }));
  return { dir: folder.path, tag: "multi" };
}

async function expectWhole(pair: FaultyPair, fault: Fault, original: Original): Promise<void> {
  expect(await pair.openUploads()).toEqual([]);
  await pair.compare(TARGET.repository, fault.job === "tags" ? original.tag : TARGET.tag);
}
