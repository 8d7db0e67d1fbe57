import type { Source } from "@tranship/core";
import type { PlannedImage } from "../file/sync-plan.ts";
import type { ImageResult } from "../file/sync-result.ts";
import type { JobEntry, SyncStore } from "../sync-job.ts";
import type { TargetContent } from "./target-content.ts";

/** What is deleted at one target. */
export interface DeletionGroup {
  readonly source: Source;
  readonly target: SyncStore;
  readonly images: readonly PlannedImage[];
  /** Tags of the same target that are to stay as they are. */
  readonly unchanged: readonly PlannedImage[];
  /** Whether all of what is to stay there went well. */
  readonly complete: boolean;
  /** What the target's tags lead to, as far as planning has read it. */
  readonly content: TargetContent | undefined;
}

interface Group {
  readonly source: Source;
  readonly target: SyncStore;
  readonly images: PlannedImage[];
  readonly from: string;
  readonly to: string;
  readonly content: TargetContent | undefined;
}

/** What of a run's results says that something of a mirror is not as it is to be. */
const WRONG: ReadonlySet<ImageResult["outcome"]> = new Set(["failed", "refused", "left"]);

/** Collects deletions by source and target, and what becomes of the rest there. */
export class DeletionGroups {
  readonly #groups = new Map<string, Group>();
  readonly #unchanged = new Map<string, PlannedImage[]>();
  /** Targets, and sources, of which something failed. */
  readonly #wrong = new Set<string>();

  /** A deletion, or what is not touched. */
  add(source: Source, { image, target, content }: JobEntry): void {
    const { from, to, action } = image;
    const key = `${from} ${to}`;
    if (action === "delete") {
      const group = this.#groups.get(key) ?? { source, target, images: [], from, to, content };
      group.images.push(image);
      this.#groups.set(key, group);
    } else if (action === "skip") {
      const unchanged = this.#unchanged.get(key) ?? [];
      unchanged.push(image);
      this.#unchanged.set(key, unchanged);
    }
  }

  /** How something went; without `to` it is the source that failed. */
  note({ from, to, outcome }: Pick<ImageResult, "from" | "to" | "outcome">): void {
    if (WRONG.has(outcome)) this.#wrong.add(to ?? from);
  }

  /** When all of the rest is done. */
  *groups(): Generator<DeletionGroup, void, void> {
    for (const [key, { source, target, images, from, to, content }] of this.#groups) {
      const complete = !this.#wrong.has(from) && !this.#wrong.has(to);
      yield { source, target, images, unchanged: this.#unchanged.get(key) ?? [], complete, content };
    }
  }
}
