import process from "node:process";
import { stdoutFailure } from "./stdout-failure.ts";

/** Writes a line of the command's answer to stdout. */
export function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

/** Writes one JSON document as a line to stdout. */
export function printJson(value: unknown): void {
  print(JSON.stringify(value));
}

/** Writes bytes to stdout as they are. @throws what `stdoutFailure` gives. */
export async function printBytes(bytes: Uint8Array): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    process.stdout.write(bytes, (error) => (error ? reject(stdoutFailure(error)) : resolve()));
  });
}
