import { dirname, resolve } from "node:path";
import process from "node:process";
import { UsageError } from "../../errors/usage-error.ts";
import { readLimited } from "../../files/read-limited.ts";
import { readableFile } from "../../files/single-file.ts";
import { MirrorFileError } from "../problem.ts";
import { parseSchedule, type Schedule } from "../schedule.ts";
import { type MirrorText, type ParsedMirrorFile, parseMirrorFile } from "./parse-mirror-file.ts";
import type { Variables } from "./variables.ts";

/** The longest mirror file that is read, in bytes. */
const MAX_BYTES = 16 * 1024 * 1024;

/** A mirror file whose schedule was read too. */
export interface LoadedMirrorFile extends ParsedMirrorFile {
  readonly schedule: Schedule | undefined;
}

/** Where a mirror file's text is from, and the text. */
export type UnparsedMirrorFile = Omit<MirrorText, "variables">;

/**
 * Reads a mirror file, from stdin where the path is `-`; relative paths in it are then those of the working directory.
 * @throws {UsageError} where it can't be read. @throws {MirrorFileError} for what is wrong with it.
 */
export async function readMirrorFile(
  path: string,
  { signal, variables = process.env }: { readonly signal: AbortSignal; readonly variables?: Variables | undefined },
): Promise<LoadedMirrorFile> {
  return loadMirrorFile({ ...(await readMirrorText(path, signal)), variables });
}

/** Reads its text. @throws {UsageError} where that can't be read. */
export async function readMirrorText(given: string, signal: AbortSignal): Promise<UnparsedMirrorFile> {
  const file = await readableFile(given);
  const bytes = await readLimited(file, { limit: MAX_BYTES, signal });
  const name = file ?? "stdin";
  const path = file === undefined ? undefined : resolve(file);
  const folder = path === undefined ? process.cwd() : dirname(path);
  return { text: decode(bytes, name), name, folder, path };
}

/** As `parseMirrorFile`, and the schedule is read too. @throws {MirrorFileError} for what is wrong with it. */
export async function loadMirrorFile(text: MirrorText): Promise<LoadedMirrorFile> {
  const parsed = parseMirrorFile(text);
  return { ...parsed, schedule: await scheduleOf(parsed) };
}

async function scheduleOf({ file: { name, schedule }, asWritten }: ParsedMirrorFile): Promise<Schedule | undefined> {
  if (schedule === undefined) return undefined;
  try {
    return await parseSchedule(schedule.text);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw new MirrorFileError(name, [{ at: schedule.at, path: "schedule", message: asWritten(error.message) }]);
  }
}

function decode(bytes: Uint8Array, name: string): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch (cause) {
    throw new UsageError(`Cannot read "${name}": it is no text in UTF-8`, { cause });
  }
}
