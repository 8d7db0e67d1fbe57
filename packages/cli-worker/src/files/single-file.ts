import { stat } from "node:fs/promises";
import process from "node:process";
import { UsageError } from "../errors/usage-error.ts";
import { checkWrittenFile } from "./written-file.ts";

/**
 * Checks the FILE that a command reads; undefined for stdin: `-`, or none.
 * @throws {UsageError} where it is not there or a folder, and where stdin is a terminal that nobody asked for.
 */
export async function readableFile(file: string | undefined): Promise<string | undefined> {
  if (file === "-") return undefined;
  if (file === undefined) {
    if (process.stdin.isTTY) throw new UsageError("stdin is a terminal: name a file, or - to type");
    return undefined;
  }
  const there = await stat(file).catch(() => undefined);
  if (there === undefined) throw new UsageError(`There is no file "${file}"`);
  if (there.isDirectory()) throw new UsageError(`"${file}" is a folder`);
  return file;
}

/** Checks the file of `--output`; undefined for stdout: `-`, or none. @throws {UsageError} as `checkWrittenFile`, and where it is a device. */
export async function writableFile(file: string | undefined): Promise<string | undefined> {
  if (file === undefined || file === "-") return undefined;
  await checkWrittenFile("--output", file);
  const there = await stat(file).catch(() => undefined);
  // A rename would take a device's place.
  if (there?.isFile() === false) throw new UsageError(`Bad --output: "${file}" is no file; leave it out for stdout`);
  return file;
}
