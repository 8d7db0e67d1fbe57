import { execFile } from "node:child_process";
import { basename } from "node:path";

/** Room for what a peer prints, in bytes: a manifest and more. */
const OUTPUT_BYTES = 64 * 1024 * 1024;

export interface RunPeerOptions {
  /** Added to the environment; undefined takes a variable out. */
  readonly env?: Readonly<Record<string, string | undefined>> | undefined;
  readonly cwd?: string | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Runs a program to its end and gives what it wrote to stdout, byte for byte.
 * @throws {Error} with the command and what it wrote to stderr, where it fails.
 */
export function runPeer(path: string, args: readonly string[], options: RunPeerOptions = {}): Promise<Buffer> {
  const { env, cwd, signal } = options;
  const { promise, resolve, reject } = Promise.withResolvers<Buffer>();
  execFile(
    path,
    args,
    { cwd, signal, env: { ...process.env, ...env }, encoding: "buffer", maxBuffer: OUTPUT_BYTES },
    (cause, stdout, stderr) => {
      if (cause === null) resolve(stdout);
      else reject(new Error(`Cannot run "${[basename(path), ...args].join(" ")}": ${stderr}${stdout}`, { cause }));
    },
  );
  return promise;
}
