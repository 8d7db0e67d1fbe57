import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { basename } from "node:path";

/** The end of a log, in characters, that is worth showing. */
const LOG_TAIL = 4000;

export interface ServerProcessOptions {
  readonly args: readonly string[];
  /** Matches the line of output that says that the server listens. */
  readonly ready: RegExp;
  /** Replaces the environment but for PATH. */
  readonly env?: Readonly<Record<string, string>>;
}

const running = new Set<ServerProcess>();

// A test worker that is ended takes what it started with it.
process.on("exit", () => {
  for (const server of running) server.kill();
});

/** The servers that were started here and not stopped. */
export function runningServers(): ReadonlySet<ServerProcess> {
  return running;
}

/** A server that was started as a child process; stopped by its process id. */
export class ServerProcess implements AsyncDisposable {
  readonly name: string;
  readonly #child: ChildProcess;
  #output = "";
  /** From then on the end of its output is enough. */
  #started = false;

  private constructor(name: string, child: ChildProcess) {
    this.name = name;
    this.#child = child;
    for (const stream of [child.stdout, child.stderr]) {
      stream?.setEncoding("utf8").on("data", (text: string) => {
        this.#output += text;
        if (this.#started && this.#output.length > 2 * LOG_TAIL) this.#output = this.output();
      });
    }
  }

  /** Starts it and waits for its ready line, whose match is given. @throws {Error} with its log where it ends before. */
  static async start(path: string, options: ServerProcessOptions): Promise<[ServerProcess, RegExpExecArray]> {
    const env = { PATH: process.env["PATH"] ?? "", ...options.env };
    const child = spawn(path, options.args, { env, stdio: ["ignore", "pipe", "pipe"] });
    const server = new ServerProcess(basename(path), child);
    running.add(server);
    try {
      return [server, await server.#line(options.ready)];
    } catch (error) {
      await server[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** What it wrote to stdout and stderr, at most the last 4,000 characters. */
  output(): string {
    return this.#output.slice(-LOG_TAIL);
  }

  /** The pattern's match in all that it wrote, waiting for it. */
  #line(pattern: RegExp): Promise<RegExpExecArray> {
    const { promise, resolve, reject } = Promise.withResolvers<RegExpExecArray>();
    const look = (): void => {
      const match = pattern.exec(this.#output);
      if (match === null) return;
      // A registry writes a line for each request, and whoever measures is in this process.
      for (const stream of [this.#child.stdout, this.#child.stderr]) stream?.off("data", look);
      this.#started = true;
      resolve(match);
    };
    this.#child.stdout?.on("data", look);
    this.#child.stderr?.on("data", look);
    this.#child.once("error", reject);
    this.#child.once("close", (code, signal) => {
      reject(new Error(`Cannot start "${this.name}": it ended with ${code ?? signal}\n${this.output()}`));
    });
    return promise;
  }

  kill(): void {
    this.#child.kill("SIGKILL");
  }

  /** Stops it and waits until it has ended. */
  async [Symbol.asyncDispose](): Promise<void> {
    running.delete(this);
    if (this.#child.pid === undefined || this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const closed = once(this.#child, "close");
    this.kill();
    await closed;
  }
}
