import { mkdtempDisposable, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { SyncResult } from "@tranship/copy";
import { runCommand } from "../cli/run-command.ts";
import { type ListKind, seedTags, startTaggedRegistry, type TaggedRegistry, tagNames } from "./tagged-registries.ts";

/** A way to see that nothing has changed, and what it takes. */
export interface UnchangedWay {
  readonly title: string;
  /** What the lists of both sides bring. */
  readonly lists: ListKind;
  /** What the mirror says besides its source and target. */
  readonly mirror: (tags: readonly string[]) => object;
  readonly flags: readonly string[];
  /** Requests for so many tags. */
  readonly source: (tags: number) => Readonly<Record<string, number>>;
  readonly target: (tags: number) => Readonly<Record<string, number>>;
}

const PLATFORMS = { platforms: ["linux/amd64", "linux/arm64"] };
const LIST = { "GET tags": 1 };
const heads = (tags: number): Readonly<Record<string, number>> => ({ ...LIST, "HEAD manifest": tags });
/** Azure's API lists 100 tags at once; the first request brings the challenge, and an empty page proves the end after a full one. */
const pages = (tags: number): Readonly<Record<string, number>> => ({
  "GET _tags": 2 + Math.floor(tags / 100),
  "GET token": 1,
});

export const UNCHANGED_WAYS: readonly UnchangedWay[] = [
  way("1 HEAD a side for each tag", { source: heads, target: heads }),
  way("--trust-journal 24h", { flags: ["--trust-journal", "24h"], source: () => LIST, target: heads }),
  way("tags given by name", {
    mirror: (tags) => ({ tags }),
    source: (tags) => ({ "HEAD manifest": tags }),
    target: (tags) => ({ "HEAD manifest": tags }),
  }),
  way("immutable tags", {
    mirror: () => ({ tags: { immutable: "*" } }),
    source: () => LIST,
    target: () => LIST,
  }),
  way("two of three platforms, nothing remembered", {
    mirror: () => PLATFORMS,
    flags: ["--no-state"],
    // Whether they list digests as Azure's do is asked of registries that are not known.
    source: (tags) => ({ ...LIST, "GET _tags": 1, "GET manifest": tags }),
    target: (tags) => ({ ...heads(tags), "GET _tags": 1 }),
  }),
  way("two of three platforms", { mirror: () => PLATFORMS, source: heads, target: heads }),
  way("two of three platforms, --trust-journal 24h", {
    mirror: () => PLATFORMS,
    flags: ["--trust-journal", "24h"],
    source: () => LIST,
    target: heads,
  }),
  way("referrers, where the registry lists them", {
    mirror: () => ({ referrers: true }),
    // Each index, and its three images.
    source: (tags) => ({ ...LIST, "GET manifest": tags, "GET referrers": 4 * tags }),
    target: heads,
  }),
  way("referrers, where tags would list them, and there are none", {
    lists: "distribution",
    mirror: () => ({ referrers: true }),
    // A repository is asked once in a run whether it has the API.
    source: (tags) => ({ ...LIST, "GET manifest": tags, "GET referrers": 1 }),
    target: heads,
  }),
  way("the same, two of three platforms", {
    lists: "distribution",
    mirror: () => ({ ...PLATFORMS, referrers: true }),
    source: (tags) => ({ ...LIST, "GET manifest": tags, "GET referrers": 1 }),
    target: heads,
  }),
  way("lists with digests, as Google's", { lists: "google", source: () => LIST, target: () => LIST }),
  way("the same, two of three platforms", {
    lists: "google",
    mirror: () => PLATFORMS,
    source: () => LIST,
    target: () => LIST,
  }),
  way("lists with digests, as Azure's", { lists: "azure", source: pages, target: pages }),
];

function way(title: string, rest: Omit<UnchangedWay, "title" | "lists" | "mirror" | "flags"> & Partial<UnchangedWay>) {
  return { title, lists: "names" as const, mirror: () => ({}), flags: [], ...rest };
}

/** Two registries whose lists are of one kind: a source with tags in `app`, and a target. */
export class UnchangedPair implements AsyncDisposable {
  readonly #source: TaggedRegistry;
  readonly #target: TaggedRegistry;
  readonly #folder: string;
  readonly #tags: readonly string[];
  readonly #stack: AsyncDisposableStack;

  private constructor(
    parts: { readonly source: TaggedRegistry; readonly target: TaggedRegistry; readonly folder: string },
    tags: readonly string[],
    stack: AsyncDisposableStack,
  ) {
    this.#source = parts.source;
    this.#target = parts.target;
    this.#folder = parts.folder;
    this.#tags = tags;
    this.#stack = stack;
  }

  static async start(lists: ListKind, tags: number): Promise<UnchangedPair> {
    await using stack = new AsyncDisposableStack();
    const folder = stack.use(await mkdtempDisposable(join(tmpdir(), "tranship-unchanged-"))).path;
    const source = stack.use(await startTaggedRegistry(lists));
    const target = stack.use(await startTaggedRegistry(lists));
    const names = tagNames(tags);
    await seedTags(source.store("app"), names);
    const pair = new UnchangedPair({ source, target, folder }, names, stack.move());
    // What the registries can is asked of them once, and remembered.
    const [first] = UNCHANGED_WAYS.filter((way) => way.lists === lists);
    if (first !== undefined) await pair.again(first);
    return pair;
  }

  /**
   * Brings the target into step, and does it once more: what the second run asked for, as the registries saw it.
   * @throws {Error} where either run failed, or the second one has not found every tag unchanged.
   */
  async again(way: UnchangedWay): Promise<Record<"source" | "target", Readonly<Record<string, number>>>> {
    const [source, target] = [this.#source, this.#target];
    const mirror = way.mirror(this.#tags);
    const to = `${target.host}/${"platforms" in mirror ? "some" : "all"}`;
    const file = {
      version: 1,
      hosts: { [source.host]: source.rules, [target.host]: target.rules },
      mirrors: [{ from: `${source.host}/app`, to, ...mirror }],
    };
    await writeFile(join(this.#folder, "mirror.yaml"), JSON.stringify(file));
    await this.#sync(way.flags);
    source.take();
    target.take();
    const { outcomes } = await this.#sync(way.flags);
    if (outcomes.unchanged !== this.#tags.length) throw new Error(`not unchanged: ${JSON.stringify(outcomes)}`);
    return { source: source.take(), target: target.take() };
  }

  async #sync(flags: readonly string[]): Promise<SyncResult> {
    const run = await runCommand(["sync", "-f", "mirror.yaml", "--json", ...flags], { home: this.#folder });
    if (run.code !== 0) throw new Error(`sync failed: ${run.stderr}`);
    return JSON.parse(run.stdout.trimEnd().split("\n").at(-1) ?? "");
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#stack.disposeAsync();
  }
}
