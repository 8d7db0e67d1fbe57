import type { Amount, ImageOutcome, ImageResult, SyncResult } from "@tranship/copy";
import { digestOf } from "@tranship/core";
import type { Report } from "../../packages/cli-worker/src/report/report.ts";

const NONE: Amount = { count: 0, bytes: 0 };

/** What somebody who writes to a registry may try: markup, scripts, Markdown, lines, a text that turns its direction. */
export const HOSTILE = `"><script>document.title='owned'</script><img src=x onerror="document.title='owned'">\n| \`a\` | [x](javascript:1) @octocat \u202egpj.exe`;

/** A long name without a place to break. */
export const LONG = `registry.example/${"department-of-very-long-names".repeat(5)}`;

export interface SampleOptions {
  readonly images: readonly ImageResult[];
  readonly error?: SyncResult["error"];
  readonly notices?: readonly string[];
}

/** One tag, with what is named. */
export function sampleResult(tag: string, outcome: ImageOutcome, more: Partial<ImageResult> = {}): ImageResult {
  const digest = digestOf(Buffer.from(tag));
  const error =
    outcome === "failed" || outcome === "refused"
      ? { code: "DENIED", message: `Cannot push "${tag}": denied (403)` }
      : undefined;
  return {
    mirror: "app",
    from: "registry.example/team/app",
    tag,
    to: "mirror.example:5000/team/app",
    targetTag: tag,
    outcome,
    digest,
    moved: outcome === "copied" ? { count: 4, bytes: 52_340_000 } : NONE,
    mounted: outcome === "copied" ? { count: 2, bytes: 31_000_000 } : NONE,
    skipped: outcome === "copied" ? { count: 1, bytes: 8_400_000 } : NONE,
    requests: outcome === "unchanged" ? 0 : 14,
    tookMs: outcome === "unchanged" ? 0 : 1840,
    ...(error !== undefined && { error }),
    ...more,
  };
}

/** A report on these images. */
export function sampleReport({ images, error, notices = [] }: SampleOptions): Report {
  const count = (outcome: ImageOutcome): number => images.filter((image) => image.outcome === outcome).length;
  const sum = (amounts: readonly Amount[]): Amount => ({
    count: amounts.reduce((total, amount) => total + amount.count, 0),
    bytes: amounts.reduce((total, amount) => total + amount.bytes, 0),
  });
  const moved = sum(images.map((image) => image.moved));
  const result: SyncResult = {
    version: 1,
    kind: "result",
    ok: count("failed") + count("refused") + count("left") === 0 && error === undefined,
    startedAt: "2026-11-25T09:30:12.000Z",
    tookMs: 83_400,
    images,
    outcomes: {
      copied: count("copied"),
      retagged: count("retagged"),
      unchanged: count("unchanged"),
      deleted: count("deleted"),
      kept: 0,
      refused: count("refused"),
      failed: count("failed"),
      left: count("left"),
    },
    moved,
    mounted: sum(images.map((image) => image.mounted)),
    skipped: sum(images.map((image) => image.skipped)),
    requests: {
      "registry.example": { "GET tags": 1, "HEAD manifest": 40, "GET blob": 12 },
      "mirror.example:5000": { "GET tags": 1, "HEAD manifest": 40, "POST upload": 14, "PUT upload": 12 },
    },
    traffic: {
      "registry.example": { read: moved.bytes, written: 0 },
      "mirror.example:5000": { read: 0, written: moved.bytes },
    },
    retries: { "registry.example": { count: 3, throttled: 2, waitedMs: 4200 } },
    notices,
    ...(error !== undefined && { error }),
  };
  return { command: "sync", of: "mirror.yaml", result };
}

/** A run like any other: most is unchanged, some was copied, one failed. */
export function ordinaryReport(): Report {
  const other = { from: "registry.example/team/worker", to: "mirror.example:5000/team/worker" };
  return sampleReport({
    images: [
      ...["v3.19.1", "v3.19.2", "v3.20.0"].map((tag, at) => sampleResult(tag, "copied", { tookMs: 2300 + 9000 * at })),
      sampleResult("v3.18.0", "retagged"),
      sampleResult("nightly", "failed", {
        error: {
          code: "RATE_LIMITED",
          message:
            'Cannot read manifest "nightly" of "registry.example/team/app": the registry asks to wait 21600 s, more than is waited (429)',
        },
      }),
      ...Array.from({ length: 36 }, (_, at) => sampleResult(`v3.${at}.0-r1`, "unchanged")),
      sampleResult("v1", "copied", { ...other, targetTag: "worker-v1", tookMs: 700 }),
      sampleResult("v2", "deleted", other),
      sampleResult("v1", "left", { from: LONG, to: `${LONG}/${"x".repeat(60)}` }),
    ],
    notices: [
      'registry.example/team/app:v3.19.1 has moved to "sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa": "sha256:bbbb", as planned, is copied',
    ],
  });
}

/** A run whose every text is hostile. */
export function hostileReport(): Report {
  const image = sampleResult(HOSTILE, "failed", {
    from: HOSTILE,
    to: HOSTILE,
    targetTag: `${HOSTILE}2`,
    error: { code: HOSTILE, message: HOSTILE },
    notices: [HOSTILE],
  });
  const { command, result } = sampleReport({
    images: [image],
    notices: [HOSTILE],
    error: { code: HOSTILE, message: HOSTILE },
  });
  const requests = { [HOSTILE]: { [HOSTILE]: 3 } };
  return { command, of: HOSTILE, result: { ...result, requests, traffic: { [HOSTILE]: { read: 5, written: 0 } } } };
}
