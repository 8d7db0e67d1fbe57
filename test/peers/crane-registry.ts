import { mkdtempDisposable } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { PeerRegistry } from "./distribution.ts";
import { ServerProcess } from "./server-process.ts";

/** Starts crane's registry: it mounts nothing, has no status of an upload, and takes a manifest without its children. */
export async function startCraneRegistry(path: string): Promise<PeerRegistry> {
  await using stack = new AsyncDisposableStack();
  const folder = stack.use(await mkdtempDisposable(join(tmpdir(), "tranship-crane-")));
  const [server, ready] = await ServerProcess.start(path, {
    args: ["registry", "serve", "--address", "127.0.0.1:0", "--disk", folder.path],
    ready: /serving on port (\d+)/,
  });
  stack.use(server);
  const kept = stack.move();
  return { host: `127.0.0.1:${ready[1]}`, data: folder.path, [Symbol.asyncDispose]: () => kept.disposeAsync() };
}
