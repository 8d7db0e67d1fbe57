import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type RunningServer, serve } from "../../serve/serve.ts";

/** What the demo runs on: two writable registries on free ports, and a folder, all in one temporary folder. */
export class Harbor implements AsyncDisposable {
  readonly folder: string;
  readonly registries: readonly [RunningServer, RunningServer];

  private constructor(folder: string, registries: readonly [RunningServer, RunningServer]) {
    this.folder = folder;
    this.registries = registries;
  }

  static async open(): Promise<Harbor> {
    const folder = await mkdtemp(join(tmpdir(), "tranship-demo-"));
    const started: RunningServer[] = [];
    const start = async (name: string): Promise<RunningServer> => {
      const dir = join(folder, name);
      await mkdir(dir);
      const server = await serve({ dir, writable: true });
      started.push(server);
      return server;
    };
    try {
      return new Harbor(folder, [await start("registry-a"), await start("registry-b")]);
    } catch (error) {
      await clear(folder, started);
      throw error;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await clear(this.folder, this.registries);
  }
}

async function clear(folder: string, servers: readonly RunningServer[]): Promise<void> {
  await Promise.all(servers.map((server) => server.close({ graceMs: 0 })));
  await rm(folder, { recursive: true, force: true });
}
