import process from "node:process";
import { stdoutFailure } from "../errors/stdout-failure.ts";
import { escapeText, safeJson } from "./escape-text.ts";

/** Writes lines of the command's answer to stdout. Whatever is in them, they change nothing of a terminal. */
export function print(lines: string): void {
  process.stdout.write(`${escapeText(lines)}\n`);
}

/** Writes lines with styles of our own to stdout, and so without escaping; nothing in them may come from outside. */
export function printStyled(lines: string): void {
  process.stdout.write(`${lines}\n`);
}

/** Writes one JSON document as a line to stdout. */
export function printJson(value: unknown): void {
  print(safeJson(value));
}

/** Writes bytes to stdout as they are. @throws what `stdoutFailure` gives. */
export async function printBytes(bytes: Uint8Array): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    process.stdout.write(bytes, (error) => (error ? reject(stdoutFailure(error)) : resolve()));
  });
}
