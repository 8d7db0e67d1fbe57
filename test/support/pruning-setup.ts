import {
  type ApplyOptions,
  applyPlan,
  CopyRun,
  type PruneLimit,
  type PruneOwned,
  parseSyncPlan,
  planSync,
  type SyncPlan,
  type SyncPlanOptions,
  type SyncRepository,
  type SyncResult,
  sync,
} from "@tranship/copy";
import { type Journal, MemoryJournal } from "@tranship/core";
import type { RecordingStore } from "./recording-store.ts";
import { MemoryRegistries, putImages } from "./sync-setup.ts";

/** A mirror of `src/app` to `dst/app` in memory, and what its runs record. */
export class PruningSetup {
  readonly registries: MemoryRegistries = new MemoryRegistries();
  readonly source: RecordingStore = this.registries.store("src/app");
  readonly target: RecordingStore = this.registries.store("dst/app");
  journal: Pick<Journal, "tags" | "ownership"> = new MemoryJournal();
  /** What the mirrors are defined in. */
  owner: string | undefined = "mirrors.yaml";

  /** With images v1 to v5 at the source. */
  static async of(tags: readonly string[] = ["v1", "v2", "v3", "v4", "v5"]): Promise<PruningSetup> {
    const setup = new PruningSetup();
    await putImages(setup.source, tags);
    return setup;
  }

  sync(mirrors: readonly SyncRepository[], options: SyncPlanOptions & ApplyOptions = {}): Promise<SyncResult> {
    return sync(mirrors, this.registries, { run: this.#run(), owner: this.owner, ...options });
  }

  plan(mirrors: readonly SyncRepository[], options: SyncPlanOptions = {}): Promise<SyncPlan> {
    return planSync(mirrors, this.registries, { run: this.#run(), owner: this.owner, ...options });
  }

  /** A plan is read from the text of its file. */
  apply(plan: SyncPlan, options: ApplyOptions = {}): Promise<SyncResult> {
    return applyPlan(parseSyncPlan(JSON.stringify(plan)), this.registries, { run: this.#run(), ...options });
  }

  /** The tags of the target. */
  async tags(): Promise<readonly string[]> {
    return (await Array.fromAsync(this.target.tags())).toSorted();
  }

  #run(): CopyRun {
    return new CopyRun({ journal: this.journal });
  }
}

/** A mirror of the tags that begin with `v`, but for those that are left out. */
export function pruningMirror(
  leftOut: readonly string[] = [],
  { limit = { maxDelete: 50 }, ...rest }: Partial<PruneOwned> & Partial<SyncRepository> & { limit?: PruneLimit } = {},
): SyncRepository {
  const { forbidden, ownership, ...spec } = rest;
  const owned = (tags: readonly string[]) =>
    new Map(tags.filter((tag) => tag.startsWith("v")).map((tag) => [tag, tag]));
  const prune: PruneOwned = { limit, owned, forbidden, ownership };
  return {
    mirror: "app",
    from: "src/app",
    targets: [{ to: "dst/app", prune }],
    tags: async (listed) => ({
      tags: listed.map(({ name }) => name).filter((name) => name.startsWith("v") && !leftOut.includes(name)),
    }),
    ...spec,
  };
}

/** The tags that a plan deletes, with why each is the mirror's own. */
export function plannedDeletions({ images }: SyncPlan): Readonly<Record<string, string | undefined>> {
  const deletions = images.filter(({ action }) => action === "delete");
  return Object.fromEntries(deletions.map(({ targetTag, own }) => [targetTag, own?.because]));
}

/** The target's tags with that outcome. */
export function withOutcome({ images }: SyncResult, outcome: string): readonly (string | undefined)[] {
  return images.filter((image) => image.outcome === outcome).map(({ targetTag }) => targetTag);
}
