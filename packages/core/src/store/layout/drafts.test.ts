import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, readdir, readFile, stat, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { TestLayout } from "../../../../../test/support/test-layout.ts";
import type { Descriptor } from "../../content/descriptor.ts";
import { digestOf } from "../../digest/digest.ts";

const MIB = 1024 * 1024;
const BYTES = Buffer.alloc(16 * MIB, "what a layer is made of, ");
const BLOB: Descriptor = { mediaType: "application/octet-stream", digest: digestOf(BYTES), size: BYTES.length };
const LEFT_NAME = `${BLOB.digest.replace(":", "-")}.partial`;

let layout: TestLayout;
let workspace: string;

beforeEach(async () => {
  layout = await TestLayout.create();
  workspace = join(layout.dir, ".tranship");
});

afterEach(() => layout[Symbol.asyncDispose]());

async function* piecesOf(bytes: Uint8Array, offset: number): AsyncGenerator<Uint8Array, void, void> {
  for (let at = offset; at < bytes.length; at += MIB) yield bytes.subarray(at, at + MIB);
}

/** Pushes the blob from a source that has it all. Gives the offsets at which it was opened. */
async function push(bytes: Uint8Array = BYTES): Promise<readonly number[]> {
  const opened: number[] = [];
  await layout.store.push(BLOB, async (offset) => {
    opened.push(offset);
    return piecesOf(bytes, offset);
  });
  return opened;
}

/** The blob is there and whole, and nothing else is. */
async function expectWhole(): Promise<void> {
  expect(digestOf(await readFile(join(layout.dir, "blobs", "sha256", BLOB.digest.slice(7))))).toBe(BLOB.digest);
  expect((await readdir(layout.dir)).toSorted()).toEqual(["blobs", "index.json", "oci-layout"]);
}

/** A process that writes ten pieces of the blob, says so, and writes the rest when it is told to. */
async function otherWriter(): Promise<ChildProcessWithoutNullStreams> {
  const module = JSON.stringify(new URL("./open-layout.ts", import.meta.url).href);
  const program = `
    const { once } = await import("node:events");
    const { openLayout } = await import(${module});
    const bytes = Buffer.alloc(${BYTES.length}, "what a layer is made of, ");
    const store = await openLayout(${JSON.stringify(layout.dir)});
    await store.push(${JSON.stringify(BLOB)}, async function (offset) {
      return (async function* () {
        for (let at = offset; at < bytes.length; at += ${MIB}) {
          // A piece is written when the two after it were asked for.
          if (at === ${12 * MIB}) {
            console.log("here");
            await once(process.stdin, "data");
          }
          yield bytes.subarray(at, at + ${MIB});
        }
      })();
    });
    process.exit(0);
  `;
  const child = spawn(process.execPath, ["--input-type=module", "-e", program], { stdio: "pipe" });
  await once(child.stdout, "data");
  return child;
}

describe("LayoutStore with a blob that was begun", () => {
  it("goes on where its source broke", async () => {
    const broken = layout.store.push(BLOB, async () =>
      (async function* () {
        yield* piecesOf(BYTES.subarray(0, 10 * MIB), 0);
        throw new Error("the source broke");
      })(),
    );
    await expect(broken).rejects.toThrow("the source broke");
    const { size } = await stat(join(workspace, LEFT_NAME));
    expect(size).toBeGreaterThanOrEqual(8 * MIB);
    await expect(layout.store.has(BLOB)).resolves.toBe(false);
    expect(await push()).toEqual([size]);
    await expectWhole();
  });

  it("goes on where a process was killed", async () => {
    const child = await otherWriter();
    child.kill("SIGKILL");
    await once(child, "exit");
    const [left = ""] = await readdir(workspace);
    const { size } = await stat(join(workspace, left));
    expect(size).toBeGreaterThanOrEqual(8 * MIB);
    expect(await push()).toEqual([size]);
    await expectWhole();
  });

  it("leaves alone what a living process writes", async () => {
    const child = await otherWriter();
    try {
      expect(await push()).toEqual([0]);
      const ended = once(child, "exit");
      child.stdin.write("go on\n");
      expect(await ended).toEqual([0, null]);
    } finally {
      child.kill("SIGKILL");
    }
    await expectWhole();
  });

  it("one of two goes on, the other begins anew", async () => {
    await mkdir(workspace);
    await writeFile(join(workspace, LEFT_NAME), BYTES.subarray(0, 10 * MIB));
    const opened = (await Promise.all([push(), push()])).flat();
    expect(opened.toSorted((one, other) => one - other)).toEqual([0, 10 * MIB]);
    await expectWhole();
  });

  it.each([
    ["has other bytes", Buffer.alloc(10 * MIB), [10 * MIB, 0]],
    ["is longer than the blob", Buffer.alloc(17 * MIB), [0]],
    ["has as many other bytes", Buffer.alloc(16 * MIB), [16 * MIB, 0]],
  ])("is fetched once more from zero where the part %s", async (_, part, opened) => {
    await mkdir(workspace);
    await writeFile(join(workspace, LEFT_NAME), part);
    expect(await push()).toEqual(opened);
    await expectWhole();
  });

  it("asks a source for nothing where the part is the whole", async () => {
    await mkdir(workspace);
    await writeFile(join(workspace, LEFT_NAME), BYTES);
    expect(await push()).toEqual([BLOB.size]);
    await expectWhole();
  });

  it("keeps nothing of a source that is wrong, and asks it twice at most", async () => {
    await mkdir(workspace);
    await writeFile(join(workspace, LEFT_NAME), Buffer.alloc(10 * MIB));
    await expect(push(Buffer.alloc(BLOB.size))).rejects.toMatchObject({ code: "DIGEST_MISMATCH" });
    expect(await readdir(layout.dir)).not.toContain(".tranship");
  });

  it("writes through no link that stands in the part's place", async () => {
    const outside = join(layout.parent, "outside");
    await writeFile(outside, BYTES.subarray(0, 9 * MIB));
    await mkdir(workspace);
    await symlink(outside, join(workspace, LEFT_NAME));
    expect(await push()).toEqual([0]);
    expect((await stat(outside)).size).toBe(9 * MIB);
    await expectWhole();
  });

  it("keeps what came before an abort", async () => {
    const controller = new AbortController();
    const reason = new Error("aborted by the test");
    const aborted = layout.store.push(
      BLOB,
      async () =>
        (async function* () {
          yield* piecesOf(BYTES.subarray(0, 10 * MIB), 0);
          controller.abort(reason);
          yield* piecesOf(BYTES, 10 * MIB);
        })(),
      { signal: controller.signal },
    );
    await expect(aborted).rejects.toBe(reason);
    const { size } = await stat(join(workspace, LEFT_NAME));
    expect(await push()).toEqual([size]);
    await expectWhole();
  });
});
