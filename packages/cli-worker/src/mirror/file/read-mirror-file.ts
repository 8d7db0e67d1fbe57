import { dirname, resolve } from "node:path";
import process from "node:process";
import { readLimited } from "../../read-limited.ts";
import { readableFile } from "../../single-file.ts";
import { UsageError } from "../../usage-error.ts";
import { type ParsedMirrorFile, parseMirrorFile } from "./parse-mirror-file.ts";
import type { Variables } from "./variables.ts";

/** The longest mirror file that is read, in bytes. */
const MAX_BYTES = 16 * 1024 * 1024;

/**
 * Reads a mirror file, from stdin where the path is `-`; relative paths in it are then those of the working directory.
 * @throws {UsageError} where it can't be read. @throws {MirrorFileError} for what is wrong with it.
 */
export async function readMirrorFile(
  path: string,
  { signal, variables = process.env }: { readonly signal: AbortSignal; readonly variables?: Variables | undefined },
): Promise<ParsedMirrorFile> {
  const file = await readableFile(path);
  const bytes = await readLimited(file, { limit: MAX_BYTES, signal });
  const name = file ?? "stdin";
  return parseMirrorFile({
    text: decode(bytes, name),
    name,
    folder: file === undefined ? process.cwd() : dirname(resolve(file)),
    variables,
  });
}

function decode(bytes: Uint8Array, name: string): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch (cause) {
    throw new UsageError(`Cannot read "${name}": it is no text in UTF-8`, { cause });
  }
}
