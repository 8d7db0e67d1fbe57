import process from "node:process";
import { createInterface } from "node:readline/promises";
import { Writable } from "node:stream";
import { UsageError } from "../errors/usage-error.ts";

/** Asks on the terminal; what is typed is shown unless it is `hidden`. @throws {UsageError} where stdin is no terminal. */
export async function prompt(
  question: string,
  { hidden = false, signal }: { readonly hidden?: boolean; readonly signal: AbortSignal },
): Promise<string> {
  if (!process.stdin.isTTY) throw new UsageError("stdin is no terminal: use --username and --password-stdin");
  const output = hidden ? new Writable({ write: (_chunk, _encoding, done) => done() }) : process.stderr;
  if (hidden) process.stderr.write(question);
  const terminal = createInterface({ input: process.stdin, output, terminal: true });
  // In raw mode Ctrl-C is a key.
  terminal.on("SIGINT", () => process.kill(process.pid, "SIGINT"));
  try {
    return await terminal.question(hidden ? "" : question, { signal });
  } catch (error) {
    signal.throwIfAborted();
    throw error;
  } finally {
    terminal.close();
    if (hidden) process.stderr.write("\n");
  }
}

/** The whole of stdin, without the line end that `echo` adds. */
export async function readStdin(): Promise<string> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of process.stdin) chunks.push(Buffer.from(chunk));
  return Buffer.concat(chunks)
    .toString("utf8")
    .replace(/\r?\n$/, "");
}
