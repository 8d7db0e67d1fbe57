import { mkdtempDisposable, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Measured, measure } from "../transfer/measure.ts";
import { COMMAND } from "../transfer/tools/tranship.ts";

/** A folder with a mirror file, where the built command is run as users do: what it remembers stays from run to run. */
export class MirrorHome implements AsyncDisposable {
  readonly path: string;
  readonly #remove: () => Promise<void>;

  private constructor(path: string, remove: () => Promise<void>) {
    this.path = path;
    this.#remove = remove;
  }

  /** @param mirrors The mirrors of the file, and the hosts' settings where there are any. */
  static async create(file: { readonly mirrors: readonly object[]; readonly hosts?: object }): Promise<MirrorHome> {
    const folder = await mkdtempDisposable(join(tmpdir(), "tranship-bench-sync-"));
    // JSON is YAML.
    await writeFile(join(folder.path, "mirror.yaml"), JSON.stringify({ version: 1, ...file }));
    return new MirrorHome(folder.path, () => folder.remove());
  }

  /** `tranship COMMAND…` with the mirror file. @throws {Error} with what it printed, where it fails. */
  run(command: "sync" | "plan", ...args: readonly string[]): Promise<Measured> {
    return this.#measure([command, "-f", join(this.path, "mirror.yaml"), "--quiet", ...args]);
  }

  /** Writes a plan and carries it out; measures the latter. */
  async apply(): Promise<Measured> {
    const plan = join(this.path, "plan.json");
    await this.run("plan", "-o", plan);
    return this.#measure(["apply", plan, "--quiet"]);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#remove();
  }

  #measure(args: readonly string[]): Promise<Measured> {
    return measure(process.execPath, { args: [COMMAND, ...args] }, this.path);
  }
}
