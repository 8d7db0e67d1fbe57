import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import type { Environment } from "./auth-file-paths.ts";

/** What a program answers is short; more is not read. In bytes, of each stream. */
const OUTPUT_LIMIT = 1024 * 1024;

/** A program, and what it is given. */
export interface ProgramRun {
  /** A path, or a name that is looked for on the PATH of `env`. */
  readonly program: string;
  readonly args: readonly string[];
  /** Written to its stdin. Default: nothing. */
  readonly input?: string | undefined;
  readonly env: Environment;
  /** Milliseconds; then it is killed. */
  readonly timeoutMs: number;
  readonly signal?: AbortSignal | undefined;
}

/** How a program ended. Its outputs may hold secrets. `code`: the system's, such as ENOENT. */
export type ProgramEnd =
  | { readonly kind: "exited"; readonly exitCode: number | null; readonly output: string; readonly errorOutput: string }
  | { readonly kind: "not started"; readonly code: string }
  | { readonly kind: "timed out" }
  | { readonly kind: "too long" };

/**
 * Runs a program without a shell, and with everything that it starts in a process group of its own: when the time is over, the output
 * too long or the signal aborted, the whole group is killed, and nothing of it runs once the promise settles.
 * Rejects with `signal.reason` only. Memory: what the program writes, up to 1 MiB a stream.
 */
export async function runProgram({
  program,
  args,
  input = "",
  env,
  timeoutMs,
  signal,
}: ProgramRun): Promise<ProgramEnd> {
  signal?.throwIfAborted();
  const ownGroup = process.platform !== "win32";
  const child = spawn(program, args, { env: { ...env }, stdio: "pipe", detached: ownGroup, windowsHide: true });
  const { promise, resolve } = Promise.withResolvers<ProgramEnd>();
  let killedFor: ProgramEnd | undefined;
  const kill = (end: ProgramEnd): void => {
    killedFor ??= end;
    killAll(child, ownGroup);
  };
  const onAbort = (): void => kill({ kind: "timed out" });
  const timer = setTimeout(() => kill({ kind: "timed out" }), timeoutMs);
  signal?.addEventListener("abort", onAbort, { once: true });
  const output = collect(child.stdout, () => kill({ kind: "too long" }));
  const errorOutput = collect(child.stderr, () => kill({ kind: "too long" }));
  // It may end without reading what it is given: its exit code says what came of it.
  child.stdin.on("error", () => {});
  child.stdin.end(input);
  child.once("error", (error) => resolve({ kind: "not started", code: "code" in error ? String(error.code) : "" }));
  child.once("close", (exitCode) =>
    resolve(killedFor ?? { kind: "exited", exitCode, output: output(), errorOutput: errorOutput() }),
  );
  try {
    const end = await promise;
    signal?.throwIfAborted();
    return end;
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener("abort", onAbort);
  }
}

/** Gathers a stream; `onTooLong` once it exceeds the limit, and from there on nothing is kept. */
function collect(stream: NodeJS.ReadableStream, onTooLong: () => void): () => string {
  const pieces: Buffer[] = [];
  let size = 0;
  stream.on("data", (piece: Buffer) => {
    size += piece.length;
    if (size <= OUTPUT_LIMIT) pieces.push(piece);
    else onTooLong();
  });
  return () => Buffer.concat(pieces).toString("utf8");
}

function killAll(child: ChildProcessWithoutNullStreams, ownGroup: boolean): void {
  const { pid } = child;
  if (pid === undefined) return;
  try {
    if (ownGroup) process.kill(-pid, "SIGKILL");
    else child.kill("SIGKILL");
  } catch {
    // It has just ended by itself.
  }
  // A grandchild that left the group may hold the pipes open: they are not waited for.
  child.stdout.destroy();
  child.stderr.destroy();
}
