import type { Amount, ImageOutcome, ImageResult, SyncResult } from "@tranship/copy";
import { sumAmounts, totalRequests } from "@tranship/copy";
import { cutDownTags } from "../results/cut-down.ts";
import { keptTags } from "../results/pruned-tags.ts";

/** How a run ended, for a heading. */
export type ReportState = "done" | "failed" | "interrupted" | "ended";

/** What a reader of a report looks for first, drawn from a result. */
export interface ReportFacts {
  readonly state: ReportState;
  /** What failed or was refused. */
  readonly failures: readonly ImageResult[];
  /** Tags that were pruned. */
  readonly deleted: readonly ImageResult[];
  /** What took longest, longest first. */
  readonly slowest: readonly ImageResult[];
  /** By name. */
  readonly pairs: readonly RepositoryPair[];
  readonly hosts: readonly HostFacts[];
  /** Requests of all hosts. */
  readonly requests: number;
  /** Bytes that were written to targets and did not have to be read again from a source for each of them; 0 where no source has several targets. */
  readonly readOnce: number;
}

/** The tags of one source repository at one target repository. */
export interface RepositoryPair {
  readonly from: string;
  /** Undefined where the source could not be looked at. */
  readonly to: string | undefined;
  /** Those that are not as they were, failures first. */
  readonly changed: readonly ImageResult[];
  readonly unchanged: number;
  readonly moved: Amount;
  readonly mounted: Amount;
  readonly skipped: Amount;
}

export interface HostFacts {
  readonly host: string;
  readonly requests: number;
  readonly read: number;
  readonly written: number;
  readonly retries: number;
  readonly throttled: number;
  readonly waitedMs: number;
}

const SLOWEST = 10;
/** `v2` before `v10`, in every language. */
const NAMES = new Intl.Collator("en", { numeric: true });
/** Failures first. */
export const OUTCOME_ORDER: readonly ImageOutcome[] = [
  "failed",
  "refused",
  "left",
  "copied",
  "retagged",
  "deleted",
  "kept",
  "unchanged",
];

export function reportFacts(result: SyncResult): ReportFacts {
  const { images, requests } = result;
  return {
    state: stateOf(result),
    failures: images.filter(({ error }) => error !== undefined),
    deleted: images.filter(({ outcome }) => outcome === "deleted"),
    slowest: images
      .filter(({ outcome, tookMs }) => outcome !== "unchanged" && outcome !== "left" && tookMs > 0)
      .toSorted((a, b) => b.tookMs - a.tookMs)
      .slice(0, SLOWEST),
    pairs: pairsOf(images),
    hosts: hostsOf(result),
    requests: totalRequests(requests),
    readOnce: readOnce(result),
  };
}

/** What the user should know and that is no failure, each once: of the run, of what was not deleted, and of single images. */
export function notesOf({ notices, images }: SyncResult): readonly string[] {
  const kept = keptTags(images).map((line) => `not deleted: ${line}`);
  return [...new Set([...notices, ...cutDownTags(images), ...kept, ...images.flatMap((image) => image.notices ?? [])])];
}

/** What a tag is called within its pair of repositories. */
export function tagName({ tag, targetTag }: ImageResult): string {
  if (tag === undefined) return "all tags";
  return targetTag === undefined || targetTag === tag ? tag : `${tag} → ${targetTag}`;
}

function stateOf({ ok, error }: SyncResult): ReportState {
  if (error !== undefined) return error.code === "INTERRUPTED" ? "interrupted" : "ended";
  return ok ? "done" : "failed";
}

function pairsOf(images: readonly ImageResult[]): readonly RepositoryPair[] {
  const pairs = new Map<string, ImageResult[]>();
  for (const image of images) {
    const key = `${image.from}\n${image.to ?? ""}`;
    const pair = pairs.get(key);
    if (pair === undefined) pairs.set(key, [image]);
    else pair.push(image);
  }
  const inOrder = [...pairs].toSorted(([a], [b]) => NAMES.compare(a, b)).map(([, all]) => all);
  return inOrder.flatMap((all) => {
    const [first] = all;
    if (first === undefined) return [];
    const changed = all.filter(({ outcome }) => outcome !== "unchanged").toSorted(byOutcome);
    return [
      {
        from: first.from,
        to: first.to,
        changed,
        unchanged: all.length - changed.length,
        moved: sumAmounts(all.map(({ moved }) => moved)),
        mounted: sumAmounts(all.map(({ mounted }) => mounted)),
        skipped: sumAmounts(all.map(({ skipped }) => skipped)),
      },
    ];
  });
}

/** What failed first, then by name. */
function byOutcome(a: ImageResult, b: ImageResult): number {
  return OUTCOME_ORDER.indexOf(a.outcome) - OUTCOME_ORDER.indexOf(b.outcome) || NAMES.compare(a.tag ?? "", b.tag ?? "");
}

function hostsOf({ requests, traffic, retries }: SyncResult): readonly HostFacts[] {
  const hosts = new Set([...Object.keys(requests), ...Object.keys(traffic), ...Object.keys(retries)]);
  return [...hosts].map((host) => {
    const { count = 0, throttled = 0, waitedMs = 0 } = retries[host] ?? {};
    const { read = 0, written = 0 } = traffic[host] ?? {};
    const asked = totalRequests({ [host]: requests[host] ?? {} });
    return { host, requests: asked, read, written, retries: count, throttled, waitedMs };
  });
}

function readOnce({ images, traffic }: SyncResult): number {
  const targets = new Map<string, Set<string>>();
  for (const { from, to, outcome } of images) {
    if (to !== undefined && outcome === "copied") targets.set(from, (targets.get(from) ?? new Set()).add(to));
  }
  if (![...targets.values()].some(({ size }) => size > 1)) return 0;
  const sum = (bytes: readonly number[]): number => bytes.reduce((total, each) => total + each, 0);
  const both = Object.values(traffic);
  return Math.max(0, sum(both.map(({ written }) => written)) - sum(both.map(({ read }) => read)));
}
