import { mkdir, mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Registry, type RegistryStore } from "@tranship/core";
import { type Hook, type RunningServer, type ServeOptions, serve } from "tranship";
import { type CommandOptions, type CommandRun, runCommand, type StartedCommand, startCommand } from "./run-command.ts";

/** What else the registries are called in tests: names of a proxy or resolver, and another address of this machine. */
const NAMES = ["source.test", "target.test", "cdn.test", "front.test", "registry.test", "0.0.0.0"];

/** A temporary folder to run the command in, with registries that it can talk to. */
export class Workbench implements AsyncDisposable {
  /** The working directory and HOME of the commands. */
  readonly folder: string;
  readonly #servers: RunningServer[] = [];
  readonly #registries: Registry[] = [];

  private constructor(folder: string) {
    this.folder = folder;
  }

  static async open(): Promise<Workbench> {
    return new Workbench(await mkdtemp(join(tmpdir(), "tranship-cli-")));
  }

  /** A writable registry. */
  async serve(hook?: Hook, tls?: ServeOptions["tls"]): Promise<RunningServer> {
    const dir = join(this.folder, `registry-${this.#servers.length}`);
    await mkdir(dir);
    const server = await serve({ dir, writable: true, hook, tls, allowedHosts: NAMES });
    this.#servers.push(server);
    return server;
  }

  /** A repository of a registry, as the tests see it: not through the command. */
  repository(server: RunningServer, name: string): RegistryStore {
    const registry = new Registry({ host: server.address, plainHttp: true });
    this.#registries.push(registry);
    return registry.repository(name);
  }

  /** What is in the folder. */
  entries(): Promise<readonly string[]> {
    return readdir(this.folder);
  }

  path(...names: readonly string[]): string {
    return join(this.folder, ...names);
  }

  run(args: readonly string[], options: Omit<CommandOptions, "home"> = {}): Promise<CommandRun> {
    return runCommand(args, { home: this.folder, ...options });
  }

  start(args: readonly string[], options: Omit<CommandOptions, "home"> = {}): StartedCommand {
    return startCommand(args, { home: this.folder, ...options });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const registry of this.#registries) await registry.close();
    for (const server of this.#servers) await server.close({ graceMs: 0 });
    await rm(this.folder, { recursive: true, force: true });
  }
}
