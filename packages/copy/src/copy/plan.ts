import type { Descriptor, Digest } from "@tranship/core";
import type { SkipReason } from "../events/events.ts";

/**
 * One step of a copy, serialisable. Steps come children first: what a step depends on came before it.
 * - skip: nothing to do for this content (and what is below it). `children`: of a manifest that is there without all that it names, what that is; the missing part came before.
 * - transfer: the blob has to be at the target; the target finds out by itself whether it is there. `mountFrom`: repositories of the
 *   target's registry that hold it, which are tried before any byte is sent.
 * - put: the manifest goes to the target when its children are there, under `reference` where that is given. `bytes`, base64: content that the
 *   source does not have, an index that was cut down to the platforms asked for. `sparse`: an index is put whole, and of what it names only these platforms come.
 * - tag: the manifest, which is there, gets a tag when all that it names is there too.
 */
export type PlanAction =
  | {
      readonly action: "skip";
      readonly descriptor: Descriptor;
      readonly reason: SkipReason;
      readonly children?: readonly Digest[] | undefined;
    }
  | { readonly action: "transfer"; readonly descriptor: Descriptor; readonly mountFrom: readonly string[] }
  | {
      readonly action: "put";
      readonly descriptor: Descriptor;
      readonly children: readonly Digest[];
      readonly reference?: string | undefined;
      readonly bytes?: string | undefined;
      readonly sparse?: readonly string[] | undefined;
      /** What the user should know: the manifest is not as the spec says. */
      readonly notices?: readonly string[] | undefined;
    }
  | { readonly action: "tag"; readonly descriptor: Descriptor; readonly reference: string };

/** What a plan is for, known before its first step. */
export interface PlanHead {
  /** What the source's reference stands for; undefined where the target's was kept and the source was not asked. */
  readonly source: Descriptor | undefined;
  /** What the target's reference will stand for: the same, one platform's manifest, or the index cut down. */
  readonly root: Descriptor;
  /** `unchanged`: the target's reference is there already, and nothing is known to be missing below it. `kept`: it is there, differs perhaps, and must not be replaced. */
  readonly state: "copy" | "unchanged" | "kept";
  /** Chosen platforms that the image lacks, where that is not to fail: `linux/arm64`. Absent: none, or not known, since the source was not read. */
  readonly lacking?: readonly string[] | undefined;
  /** Of a sparse index and those below it, the manifests that are copied; absent: all. */
  readonly kept?: readonly Digest[] | undefined;
  /** What the user should know: signatures left behind with an index that was cut down. */
  readonly notices: readonly string[];
}

/** A plan: its head at once, its steps as they are found. Reading the steps reads the source and changes nothing. */
export interface Plan {
  readonly head: PlanHead;
  readonly actions: AsyncIterable<PlanAction>;
}
