import { stat } from "node:fs/promises";
import { dirname } from "node:path";
import { systemMessage } from "../errors/system-message.ts";
import { UsageError } from "../errors/usage-error.ts";
import { checkWritable } from "./write-whole.ts";

/** Checks that an option's file can be made at the end. @throws {UsageError} where its folder is not there or takes no file, or it is a folder itself. */
export async function checkWrittenFile(option: string, path: string): Promise<void> {
  const folder = await stat(dirname(path)).catch(() => undefined);
  if (folder?.isDirectory() !== true) throw new UsageError(`Bad ${option}: there is no folder "${dirname(path)}"`);
  const there = await stat(path).catch(() => undefined);
  if (there?.isDirectory() === true) throw new UsageError(`Bad ${option}: "${path}" is a folder`);
  try {
    await checkWritable(path);
  } catch (cause) {
    throw new UsageError(`Bad ${option}: cannot write "${path}": ${systemMessage(cause)}`, { cause });
  }
}
