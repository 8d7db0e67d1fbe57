import {
  type CopyEvent,
  type CopyResult,
  type CopyRun,
  failureRecord,
  type ImageResult,
  type OnCopyExchange,
  ResultTally,
  type SyncResult,
  Tally,
} from "@tranship/copy";
import type { CopyReport } from "../results/copy-report.ts";

interface Seen {
  readonly from: string;
  readonly to: string;
  readonly firstMs: number;
  lastMs: number;
  readonly moved: Tally;
  readonly mounted: Tally;
  readonly skipped: Tally;
  requests: number;
  /** Undefined until it has ended. */
  ended?: Pick<ImageResult, "outcome" | "digest" | "error">;
}

/**
 * The images of a copy as a result has them: from the events of those under way, so that an interrupted copy has some too, and from the results of those that have ended.
 * Memory: about 0.3 kB an image.
 */
export class CopiedImages {
  readonly #seen = new Map<string, Seen>();
  readonly #tally = new ResultTally();
  readonly #run: CopyRun;

  constructor(run: CopyRun) {
    this.#run = run;
  }

  /** Counts a request, also for its image. Bound. */
  readonly onExchange: OnCopyExchange = (request, of) => {
    this.#tally.onExchange(request);
    if (of !== undefined) this.#at(of.from, of.to).requests += 1;
  };

  /** Bound. */
  readonly onEvent = (event: CopyEvent): void => {
    this.#tally.onEvent(event);
    // Of a repository, not of an image.
    if (event.type === "notice") return;
    const seen = this.#at(event.from, event.to);
    seen.lastMs = performance.now();
    if (event.type === "done") seen.moved.add(event.descriptor);
    else if (event.type === "mounted") seen.mounted.add(event.descriptor);
    else if (event.type === "skipped" && event.reason !== "foreign") seen.skipped.add(event.descriptor);
    else if (event.type === "tagged") seen.ended = { outcome: "copied", digest: event.descriptor.digest };
    else if (event.type === "unchanged" || event.type === "kept")
      seen.ended = { outcome: "unchanged", digest: event.descriptor.digest };
    else if (event.type === "failed") seen.ended = { outcome: "failed", error: failureRecord(event.error) };
  };

  /** What the copy came to. @param reports none of one that was ended by an error, which is told then. */
  result(reports: readonly CopyReport[], ended?: { readonly error: unknown }): SyncResult {
    for (const image of this.#images(reports)) this.#tally.add(image);
    return this.#tally.result(this.#run, ended);
  }

  #images(reports: readonly CopyReport[]): readonly ImageResult[] {
    const known = reports.flatMap(({ copies, failures }) => [
      ...copies.map(({ from, to, result }) => this.#image(this.#at(from, to), copied(result))),
      ...failures.map(({ from, to, error }) =>
        this.#image(this.#at(from, to), { outcome: "failed", error: failureRecord(error) }),
      ),
    ]);
    if (reports.length > 0) return known;
    return [...this.#seen.values()].map((seen) => this.#image(seen, seen.ended ?? { outcome: "left" }));
  }

  #image(
    { from, to, firstMs, lastMs, moved, mounted, skipped, requests }: Seen,
    ended: Pick<ImageResult, "outcome"> & Partial<ImageResult>,
  ): ImageResult {
    const [source, target] = [split(from), split(to)];
    return {
      mirror: source.name,
      from: source.name,
      tag: source.reference,
      to: target.name,
      targetTag: target.reference,
      moved: moved.amount,
      mounted: mounted.amount,
      skipped: skipped.amount,
      requests,
      tookMs: Math.round(lastMs - firstMs),
      ...ended,
    };
  }

  #at(from: string, to: string): Seen {
    const key = `${from}\n${to}`;
    const now = performance.now();
    const seen = this.#seen.get(key) ?? {
      from,
      to,
      firstMs: now,
      lastMs: now,
      moved: new Tally(),
      mounted: new Tally(),
      skipped: new Tally(),
      requests: 0,
    };
    this.#seen.set(key, seen);
    return seen;
  }
}

function copied(result: CopyResult): Pick<ImageResult, "outcome"> & Partial<ImageResult> {
  const { outcome, root, source, lacking, moved, mounted, skipped } = result;
  return {
    outcome: outcome === "copied" ? "copied" : "unchanged",
    digest: root.digest,
    ...(source !== undefined && source.digest !== root.digest && { sourceDigest: source.digest }),
    ...(lacking && { lacking }),
    moved,
    mounted,
    skipped,
  };
}

/** `registry.example:5000/app:v1` in two; the name of a layout has a colon of its own. */
function split(name: string): { readonly name: string; readonly reference?: string } {
  const [, before, digest] = /^(.+)@([a-z0-9]+:[0-9a-f]+)$/.exec(name) ?? [];
  if (before !== undefined && digest !== undefined) return { name: before, reference: digest };
  const [, place, tag] = /^(.*\/.*):([^:/]+)$/.exec(name) ?? [];
  return place === undefined || tag === undefined ? { name } : { name: place, reference: tag };
}
