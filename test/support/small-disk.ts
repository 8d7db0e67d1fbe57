import { mkdtempSync } from "node:fs";
import { rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { runPeer } from "../peers/run-peer.ts";

/** A file system with so little room that it fills up. */
export interface SmallDisk extends AsyncDisposable {
  readonly dir: string;
}

/** Mounts a tmpfs of so many bytes. @throws {Error} where that isn't allowed. */
export async function smallDisk(size: number): Promise<SmallDisk> {
  const dir = mkdtempSync(join(tmpdir(), "tranship-disk-"));
  try {
    await runPeer("mount", ["-t", "tmpfs", "-o", `size=${size}`, "tmpfs", dir]);
  } catch (error) {
    await rm(dir, { recursive: true });
    throw error;
  }
  const unmount = async (): Promise<void> => {
    await runPeer("umount", [dir]);
    await rm(dir, { recursive: true });
  };
  return { dir, [Symbol.asyncDispose]: unmount };
}

/** Why a disk can't be mounted here; undefined where it can. */
export async function smallDiskObstacle(): Promise<string | undefined> {
  try {
    await using _ = await smallDisk(64 * 1024);
    return undefined;
  } catch (error) {
    return `no small disk can be mounted: ${error instanceof Error ? error.message.trim() : String(error)}`;
  }
}
