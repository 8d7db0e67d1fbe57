import { mkdir, mkdtempDisposable } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Registry, type RegistryStore } from "@tranship/core";
import { type Hook, type RunningServer, serve } from "tranship";

/** Writable registries in a temporary folder, and a home without credentials. */
export class ServedRegistries implements AsyncDisposable {
  readonly home: string;
  readonly #stack: AsyncDisposableStack;
  #servers = 0;

  private constructor(home: string, stack: AsyncDisposableStack) {
    this.home = home;
    this.#stack = stack;
  }

  static async open(): Promise<ServedRegistries> {
    const stack = new AsyncDisposableStack();
    const folder = stack.use(await mkdtempDisposable(join(tmpdir(), "tranship-examples-")));
    return new ServedRegistries(folder.path, stack);
  }

  async start(hook?: Hook): Promise<RunningServer> {
    this.#servers += 1;
    const dir = join(this.home, `registry-${this.#servers}`);
    await mkdir(dir);
    const server = await serve({ dir, writable: true, hook });
    this.#stack.defer(() => server.close({ graceMs: 0 }));
    return server;
  }

  /** A repository, as the test sees it. */
  repository(server: RunningServer, name: string): RegistryStore {
    return this.#stack.use(new Registry({ host: server.address })).repository(name);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#stack.disposeAsync();
  }
}
