import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type TemporaryFolder, temporaryFolder } from "../../test/support/temporary-folder.ts";
import { type Measured, measure } from "../transfer/measure.ts";
import { COMMAND } from "../transfer/tools/tranship.ts";

/** A folder with a mirror file, where the built command is run as users do: what it remembers stays from run to run. */
export class MirrorHome implements AsyncDisposable {
  readonly path: string;
  readonly #folder: TemporaryFolder;

  private constructor(folder: TemporaryFolder) {
    this.path = folder.path;
    this.#folder = folder;
  }

  /** @param mirrors The mirrors of the file, and the hosts' settings where there are any. */
  static async create(file: { readonly mirrors: readonly object[]; readonly hosts?: object }): Promise<MirrorHome> {
    const folder = await temporaryFolder("tranship-bench-sync-");
    // JSON is YAML.
    await writeFile(join(folder.path, "mirror.yaml"), JSON.stringify({ version: 1, ...file }));
    return new MirrorHome(folder);
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

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#folder[Symbol.asyncDispose]();
  }

  #measure(args: readonly string[]): Promise<Measured> {
    return measure(process.execPath, { args: [COMMAND, ...args] }, this.path);
  }
}
