import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";

/** The command as users run it: the built bundle behind `bin/`. */
export const COMMAND: string = fileURLToPath(new URL("../../packages/cli-worker/bin/tranship.cjs", import.meta.url));

/** What a command did. */
export interface CommandRun {
  /** Undefined where a signal ended it. */
  readonly code: number | undefined;
  readonly stdout: string;
  readonly stderr: string;
}

export interface CommandOptions {
  /** Where credentials and certificates are looked for; nothing of the machine's own is. */
  readonly home: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  /** What it reads from stdin. Default: nothing. */
  readonly input?: string;
}

/** A command that runs. */
export interface StartedCommand {
  readonly process: ChildProcessWithoutNullStreams;
  readonly ended: Promise<CommandRun>;
  /** Resolves with the first line of stdout that has this text, or that the pattern matches. */
  line(text: string | RegExp): Promise<string>;
}

/** Starts `tranship` with these arguments. */
export function startCommand(args: readonly string[], options: CommandOptions): StartedCommand {
  const { home, env = {}, cwd = home, input = "" } = options;
  const child = spawn(process.execPath, [COMMAND, ...args], {
    cwd,
    env: { PATH: process.env["PATH"], HOME: home, XDG_RUNTIME_DIR: home, XDG_CONFIG_HOME: home, ...env },
  });
  child.stdin.end(input);
  const output = { stdout: "", stderr: "" };
  for (const name of ["stdout", "stderr"] as const) {
    child[name].setEncoding("utf8");
    child[name].on("data", (text: string) => {
      output[name] += text;
    });
  }
  const ended = once(child, "close").then(([code]) => {
    refuseNodeWarnings(output.stderr);
    return { code: typeof code === "number" ? code : undefined, ...output };
  });
  const line = async (text: string | RegExp): Promise<string> => {
    for (;;) {
      const found = output.stdout
        .split("\n")
        .slice(0, -1)
        .find((candidate) => (typeof text === "string" ? candidate.includes(text) : text.test(candidate)));
      if (found !== undefined) return found;
      const more = await Promise.race([once(child.stdout, "data"), ended]);
      if ("code" in more) throw new Error(`"${text}" was not printed: ${output.stdout}${output.stderr}`);
    }
  };
  return { process: child, ended, line };
}

/** Runs `tranship` with these arguments to its end. */
export function runCommand(args: readonly string[], options: CommandOptions): Promise<CommandRun> {
  return startCommand(args, options).ended;
}

/** Node's own warnings (too many listeners, a deprecation) are no news for a user: they are faults of the command. */
function refuseNodeWarnings(stderr: string): void {
  const [warning] = /^\(node:\d+\).*$/m.exec(stderr) ?? [];
  if (warning !== undefined) throw new Error(`Node warned: ${warning}`);
}
