import process from "node:process";
import { parseRepository } from "@tranship/core";
import { SomeFailed } from "../../errors/some-failed.ts";
import { readingInput, UsageError } from "../../errors/usage-error.ts";
import { readLimited } from "../../files/read-limited.ts";
import { readableFile } from "../../files/single-file.ts";
import { convertFiles, type ForeignFile } from "./convert-files.ts";
import type { ForeignFormat } from "./foreign-format.ts";

export interface ConvertFlags {
  readonly format?: ForeignFormat | undefined;
  readonly to?: string | undefined;
}

/** The longest file that is read, in bytes. */
const MAX_BYTES = 16 * 1024 * 1024;

/**
 * Prints a mirror file that does what another tool's files do; what could not be carried over goes to stderr.
 * @throws {UsageError} where nothing can be. @throws {SomeFailed} where the mirror file that was printed is none that can be used as it is.
 */
export async function convertAction(paths: readonly string[], flags: ConvertFlags, signal: AbortSignal): Promise<void> {
  const { format, to } = flags;
  if (to !== undefined) await readingInput(() => parseRepository(to));
  const files = await Promise.all(paths.map((path) => readForeignFile(path, signal)));
  const { text, notes, problems } = await convertFiles(files, { format, to });
  process.stdout.write(text);
  for (const note of notes) process.stderr.write(`tranship: ${note}\n`);
  if (problems.length > 0)
    throw new SomeFailed(problems.map((problem) => ({ error: new Error(problem), of: undefined })));
}

async function readForeignFile(path: string, signal: AbortSignal): Promise<ForeignFile> {
  const file = await readableFile(path);
  const bytes = await readLimited(file, { limit: MAX_BYTES, signal });
  try {
    return { name: file ?? "stdin", text: new TextDecoder("utf-8", { fatal: true }).decode(bytes) };
  } catch (cause) {
    throw new UsageError(`Cannot read "${path}": it is no text in UTF-8`, { cause });
  }
}
