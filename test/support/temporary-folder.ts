import { rmSync } from "node:fs";
import { mkdtempDisposable } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

export interface TemporaryFolder extends AsyncDisposable {
  readonly path: string;
}

const made = new Set<string>();

// Of a process that ends before its time, such as one that was interrupted.
process.on("exit", () => {
  for (const path of made) rmSync(path, { recursive: true, force: true, maxRetries: 5, retryDelay: 20 });
});

/** A folder that is removed when it is disposed of, or else when the process ends. @param at what it is made in. */
export async function temporaryFolder(prefix: string, at: string = tmpdir()): Promise<TemporaryFolder> {
  const folder = await mkdtempDisposable(join(at, prefix));
  made.add(folder.path);
  return {
    path: folder.path,
    async [Symbol.asyncDispose]() {
      await folder[Symbol.asyncDispose]();
      made.delete(folder.path);
    },
  };
}
