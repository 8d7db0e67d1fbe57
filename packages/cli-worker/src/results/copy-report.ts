import { addRequests, type CopyResult, type RequestCount } from "@tranship/copy";
import { errorJson } from "../errors/error-json.ts";

/** One image that was copied, or needed no copy. */
export interface CopiedImage {
  readonly from: string;
  readonly to: string;
  readonly result: CopyResult;
}

export interface FailedImage {
  readonly from: string;
  readonly to: string;
  readonly error: unknown;
}

/** What went to one target: an image, or the tags of a repository. */
export interface CopyReport {
  readonly scope: "image" | "repository";
  readonly from: string;
  readonly to: string;
  readonly copies: readonly CopiedImage[];
  readonly failures: readonly FailedImage[];
  /** Of the copies, failed ones too, and of the lists of tags. */
  readonly requests: RequestCount;
}

/** The last line of `--json`. Sizes are bytes. */
export function reportJson(reports: readonly CopyReport[], tookMs: number): Readonly<Record<string, unknown>> {
  const failures = reports.flatMap((report) => report.failures);
  return {
    type: "result",
    ok: failures.length === 0,
    copies: reports.flatMap((report) => report.copies.map(copyJson)),
    failures: failures.map(({ from, to, error }) => ({ from, to, error: errorJson(error) })),
    requests: addRequests(reports.map((report) => report.requests)),
    tookMs: Math.round(tookMs),
  };
}

function copyJson({ from, to, result }: CopiedImage): Readonly<Record<string, unknown>> {
  const { outcome, source, root, lacking, moved, mounted, skipped, foreign, requests } = result;
  const sourceDigest = source?.digest;
  return { from, to, outcome, digest: root.digest, sourceDigest, lacking, moved, mounted, skipped, foreign, requests };
}
