import { isDigest, type OwnedBecause, type OwnedTag, type OwnershipJournal } from "@tranship/core";
import type { CopyRun } from "../../run/run.ts";
import type { PlannedImage } from "../file/sync-plan.ts";
import type { ImageResult } from "../file/sync-result.ts";

/** A source's repository and a target's, as a mirror names them. */
export type MirrorPair = Pick<PlannedImage, "from" | "to">;

/**
 * Records which tags the mirrors of a run own, and tells what is recorded. What cannot be read is
 * not owned, and what cannot be written is not an error.
 */
export class Ownership {
  readonly #owner: string | undefined;
  readonly #journal: OwnershipJournal | undefined;
  readonly #writes = new Set<Promise<void>>();

  /**
   * @param owner Names the file that the mirrors are in. Without it, or without a journal, nothing
   * is recorded and nothing is owned.
   */
  constructor(owner: string | undefined, { ownership }: Pick<CopyRun, "ownership">) {
    this.#owner = owner;
    this.#journal = owner === undefined ? undefined : ownership;
  }

  /** Whether anything is recorded at all. */
  get kept(): boolean {
    return this.#journal !== undefined;
  }

  /** Every tag that the mirror owns at the target, by name. Memory: about 200 bytes a tag. */
  async of(pair: MirrorPair): Promise<ReadonlyMap<string, OwnedTag>> {
    if (this.#journal === undefined) return new Map();
    try {
      const tags = await Array.fromAsync(this.#journal.list(this.#placeOf(pair)));
      return new Map(tags.map((owned) => [owned.tag, owned]));
    } catch {
      return new Map();
    }
  }

  /** The record of one tag. */
  async find({ targetTag, ...pair }: MirrorPair & Pick<PlannedImage, "targetTag">): Promise<OwnedTag | undefined> {
    return this.#journal?.find(this.#placeOf(pair), targetTag).catch(() => undefined);
  }

  /**
   * Records what an image that has ended says of its tag. It is written a moment later: `settled`
   * waits for it.
   * @param isCompared Whether this process has compared the tag with its source. A plan that was
   * read says so, and is no proof: then only what was written is recorded.
   */
  record(
    image: PlannedImage,
    result: Pick<ImageResult, "outcome" | "digest">,
    { isCompared }: { readonly isCompared: boolean },
  ): void {
    const { targetTag: tag } = image;
    const because = ownedBecause(image, result);
    if (because === "equal" && !isCompared) return;
    if (because === undefined || result.digest === undefined) return;
    this.recordTag(image, { tag, digest: result.digest, because });
  }

  /** Records one tag. */
  recordTag(pair: MirrorPair, owned: Pick<OwnedTag, "tag" | "digest" | "because">): void {
    this.#write(this.#journal?.record(this.#placeOf(pair), owned));
  }

  /** The tag is gone from the target. */
  drop(image: PlannedImage): void {
    const { targetTag, there } = image;
    if (typeof there === "string") this.#write(this.#journal?.drop(this.#placeOf(image), targetTag, there));
  }

  /** Resolves when everything is written. */
  async settled(): Promise<void> {
    while (this.#writes.size > 0) await Promise.all(this.#writes);
  }

  #write(writing: Promise<void> | undefined): void {
    if (writing === undefined) return;
    const ended: Promise<void> = writing.catch(() => {}).finally(() => this.#writes.delete(ended));
    this.#writes.add(ended);
  }

  /** Two mirrors of one file that write to one repository are told apart by their sources. */
  #placeOf({ from, to }: MirrorPair): { readonly mirror: string; readonly target: string } {
    return { mirror: `${this.#owner} ${from}`, target: to };
  }
}

/**
 * Why the tag of an image that has ended is the mirror's own; undefined where it is not, or was not
 * compared with its source.
 */
function ownedBecause(
  { targetTag, action, reason, there }: PlannedImage,
  { outcome, digest }: Pick<ImageResult, "outcome" | "digest">,
): OwnedBecause | undefined {
  if (isDigest(targetTag) || action === "delete") return undefined;
  if (outcome === "copied" || outcome === "retagged") return there === digest ? "equal" : "written";
  if (outcome !== "unchanged") return undefined;
  return action === "skip" && reason !== "unchanged" ? undefined : "equal";
}
