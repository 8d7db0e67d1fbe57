import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { type RunningServer, type ServeOptions, serve } from "../../packages/cli-worker/src/serve/serve.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

/** A server on a folder of its own, both gone at the end. */
export interface FolderServer extends AsyncDisposable {
  readonly dir: string;
  readonly server: RunningServer;
  readonly url: string;
}

/** Serves an empty folder, writable, or what `prepare` makes of it. */
export async function serveFolder(
  options: Omit<ServeOptions, "dir"> = {},
  prepare: (dir: string) => Promise<void> = async () => undefined,
): Promise<FolderServer> {
  await using stack = new AsyncDisposableStack();
  const temporary = stack.use(await temporaryFolder("tranship-serve-"));
  const dir = join(temporary.path, "images");
  await mkdir(dir);
  await prepare(dir);
  const server = await serve({ dir, writable: true, ...options });
  stack.defer(() => server.close({ graceMs: 0 }));
  const kept = stack.move();
  return { dir, server, url: server.url, [Symbol.asyncDispose]: () => kept.disposeAsync() };
}
