import { copyTags, failures } from "@tranship/copy";
import { type Digest, Registry, type RegistryStore } from "@tranship/core";
import { temporaryFolder } from "../../test/support/temporary-folder.ts";
import { type Corpus, IMAGE_TAG } from "./corpus/corpus.ts";
import { type Measured, measure } from "./measure.ts";
import type { Registries } from "./registries.ts";
import type { InstalledTool } from "./tools/installed.ts";
import type { Contender } from "./tools/tool.ts";

/** The same at both ends: skopeo gives a repository its last part itself. */
const REPOSITORY = "team/app";

/** Where a run goes from and to. */
export interface Ends {
  /** `127.0.0.1:PORT`, of a registry or of a proxy in front of it. */
  readonly source: string;
  readonly target: string;
  readonly tls: boolean;
}

/** The registries with a corpus at the source: what every run is made on. */
export class Field implements AsyncDisposable {
  readonly registries: Registries;
  readonly #corpus: Corpus;
  readonly #digests: ReadonlyMap<string, Digest>;
  readonly #source: Registry;
  readonly #target: Registry;

  private constructor(registries: Registries, corpus: Corpus, digests: ReadonlyMap<string, Digest>, source: Registry) {
    this.registries = registries;
    this.#corpus = corpus;
    this.#digests = digests;
    this.#source = source;
    this.#target = new Registry({ host: registries.target.plain, plainHttp: true });
  }

  /** Puts the corpus into the emptied source. */
  static async prepare(registries: Registries, corpus: Corpus): Promise<Field> {
    await registries.source.empty();
    const source = new Registry({ host: registries.source.plain, plainHttp: true });
    try {
      return new Field(registries, corpus, await corpus.seed(source.repository(REPOSITORY)), source);
    } catch (error) {
      await source.close();
      throw error;
    }
  }

  /** Takes everything away from the target. */
  empty(): Promise<void> {
    return this.registries.target.empty();
  }

  /** Copies the corpus to the emptied target, for runs that find nothing to do. */
  async fill(): Promise<void> {
    await this.empty();
    const copied = await copyTags(this.#store(this.#source), this.#store(this.#target));
    const [failed] = failures(copied);
    if (failed !== undefined) throw failed.error;
  }

  /** Runs a contender once and checks what it left. @throws {Error} where it fails, or the target has something else. */
  async run(contender: Contender, tool: InstalledTool, ends: Ends): Promise<Measured> {
    await using home = await temporaryFolder("tranship-bench-home-");
    const { scope, atOnce } = this.#corpus;
    const { authority } = this.registries;
    const job = { scope, atOnce, repository: REPOSITORY, tag: IMAGE_TAG, home: home.path, ...ends };
    const invocation = await contender.invocation({ ...job, authority: ends.tls ? authority : undefined });
    const measured = await measure(tool.program, invocation, home.path);
    await this.#check();
    return measured;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([this.#source.close(), this.#target.close()]);
  }

  async #check(): Promise<void> {
    const store = this.#store(this.#target);
    await Promise.all(
      [...this.#digests].map(async ([tag, expected]) => {
        const { digest } = await store.resolve(tag);
        if (digest !== expected) throw new Error(`The target's "${tag}" is ${digest}, expected ${expected}`);
      }),
    );
  }

  #store(registry: Registry): RegistryStore {
    return registry.repository(REPOSITORY);
  }
}
