import type { CallOptions } from "@tranship/core";
import type { CopyRun } from "../run/run.ts";
import type { PlanLedger } from "./plan-ledger.ts";
import type { Ownership } from "./prune/ownership.ts";
import type { TagClaims } from "./tag-claims.ts";

/**
 * How far planning reads. `content`: the manifests of whatever is to be copied. `uncounted`: the same, but nothing from hosts that count manifest GETs.
 * `tags`: no manifest, unless platforms are chosen.
 */
export type PlanDepth = "content" | "uncounted" | "tags";

export interface PlanTagOptions {
  readonly run: CopyRun;
  readonly ledger: PlanLedger;
  readonly claims: TagClaims;
  readonly ownership: Ownership;
  readonly depth: PlanDepth;
  readonly call: CallOptions & { readonly signal: AbortSignal };
  /** How old what is remembered of a source tag may be, in ms, to be believed where it leaves nothing to do. */
  readonly trustMs?: number | undefined;
  /** Whether tags that are listed and have no manifest matter not: those of a source are left out, and those of a target do not keep others from deletion. Default: no. */
  readonly ignoreBrokenTags?: boolean | undefined;
}
