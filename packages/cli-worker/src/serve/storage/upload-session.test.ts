import { mkdir, stat, symlink, truncate, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { digestOf } from "@tranship/core";
import { expect, it } from "vitest";
import { temporaryFolder } from "../../../../../test/support/temporary-folder.ts";
import { UploadSession } from "./upload-session.ts";
import { UploadSessions } from "./upload-sessions.ts";

async function* body(...pieces: readonly Buffer[]): AsyncGenerator<Uint8Array> {
  yield* pieces;
}

it("UploadSession hashes the file again where bytes that were hashed are not in it", async () => {
  await using folder = await temporaryFolder("tranship-session-");
  const session = new UploadSession("x", join(folder.path, "x"));
  await writeFile(session.path, "");
  const right = Buffer.alloc(100, "r");
  const append = (bytes: Buffer) =>
    session.hold(
      () => undefined,
      (held) => held.append(body(bytes), "sha256"),
    );
  await append(right);
  // As a disk that was full leaves it.
  await truncate(session.path, 60);
  await append(Buffer.alloc(40, "w"));
  expect(
    await session.hold(
      () => undefined,
      (held) => held.matches(digestOf(right)),
    ),
  ).toBe(false);
});

it("UploadSessions.removeStale() removes old uploads, and is kept from nothing by what else lies there", async () => {
  await using folder = await temporaryFolder("tranship-sessions-");
  const uploads = join(folder.path, ".tranship", "uploads");
  const id = (digit: number): string => `${digit}0000000-0000-4000-8000-000000000000`;
  await mkdir(join(uploads, "app"), { recursive: true });
  await symlink(join(folder.path, "nowhere"), join(uploads, "app", id(1)));
  await mkdir(join(uploads, "app", id(2)));
  for (const name of [id(3), id(4)]) await writeFile(join(uploads, "app", name), "x");
  const old = new Date(Date.now() - 30 * 24 * 60 * 60 * 1000);
  await utimes(join(uploads, "app", id(3)), old, old);
  await utimes(join(uploads, "app", id(2)), old, old);
  await new UploadSessions({ root: folder.path, folder: uploads, most: 10 }).removeStale(7 * 86_400_000);
  await expect(stat(join(uploads, "app", id(3)))).rejects.toMatchObject({ code: "ENOENT" });
  for (const name of [id(2), id(4)]) await stat(join(uploads, "app", name));
});
