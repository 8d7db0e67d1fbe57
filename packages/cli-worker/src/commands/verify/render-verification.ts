import type { Difference, VerifiedTag, VerifyResult } from "@tranship/copy";
import { type FailedPart, FoundDifferent, SomeFailed } from "../../errors/some-failed.ts";
import { failedPart } from "../../results/failed-part.ts";
import { imageName } from "../../results/image-name.ts";
import { recordedError } from "../../results/recorded-error.ts";
import { renderRequests } from "../../results/summary.ts";
import { oneLine } from "../../terminal/one-line.ts";
import { counted, formatBytes, formatDuration } from "../../terminal/units.ts";

/** A verification for a reader, as lines: what differs, and what was looked at. Failures are not in it: they go to stderr, one line each. */
export function renderVerification(result: VerifyResult): readonly string[] {
  const { images, outcomes, manifests, blobs, deep, requests, notices, tookMs } = result;
  const counts = Object.entries(outcomes).filter(([, count]) => count > 0);
  return [
    ...images.filter(({ differences }) => differences.length > 0).flatMap(renderImage),
    `Verified ${counted(images.length, "tag")}: ${counts.map(([outcome, count]) => `${count} ${outcome}`).join(", ") || "nothing to compare"}`,
    `  content   ${counted(manifests.count, "manifest")}, ${counted(blobs.count, "blob")} (${formatBytes(blobs.bytes)}) ${deep ? "read and hashed" : "are there"} in ${formatDuration(tookMs)}`,
    `  requests  ${renderRequests(requests)}`,
    ...notices.map((notice) => `  note      ${oneLine(notice)}`),
  ];
}

/** @throws {FoundDifferent} where something differs still. @throws {SomeFailed} where something could not be compared, and the rest is the same. */
export function throwDifferences({ images, outcomes }: VerifyResult): void {
  const failed = images.filter(({ outcome }) => outcome === "failed").map(failedPart);
  if (outcomes.different > 0) {
    const differences = images.flatMap((image) => image.differences);
    const repairs = differences.filter(({ error }) => error !== undefined);
    // A manifest that states a wrong size is as wrong at the source.
    const isRepairable = differences.some(({ problem }) => problem !== "size");
    const hint = repairs.length === 0 && isRepairable ? "; --repair sends what is missing" : "";
    const message = `${outcomes.different} of ${counted(images.length, "tag")} ${outcomes.different === 1 ? "differs" : "differ"}${hint}`;
    throw new FoundDifferent([...failed, ...repairs.map(notRepaired), { error: new Error(message) }]);
  }
  if (failed.length > 0) throw new SomeFailed(failed);
}

function renderImage(image: VerifiedTag): readonly string[] {
  return [
    `${image.outcome === "repaired" ? "Repaired" : "Different"} ${oneLine(imageName(image))}`,
    ...image.differences.map((difference) => `  ${renderDifference(difference)}`),
  ];
}

function renderDifference(difference: Difference): string {
  const { kind, problem, digest, size, found, subject, repaired } = difference;
  const done = repaired === undefined ? "" : repaired ? ": repaired" : ": not repaired";
  const what = kind.padEnd(8);
  if (kind === "tag" && problem === "missing") return `${what}  missing, ought to be ${digest}${done}`;
  if (kind === "tag") return `${what}  is ${found}, ought to be ${digest}${done}`;
  const amount = size === undefined ? "" : ` (${formatBytes(size)})`;
  const about = subject === undefined ? "" : ` about ${subject}`;
  return `${what}  ${digest}${amount}${about} ${problemText(difference)}${done}`;
}

function problemText({ problem, foundSize }: Difference): string {
  if (problem === "corrupt") return "has other bytes";
  if (problem !== "size") return "is missing";
  return `has ${foundSize} bytes, which are those of its digest: the manifest states a wrong size`;
}

function notRepaired({ error }: Difference): FailedPart {
  return { error: error === undefined ? new Error("it is not repaired") : recordedError(error) };
}
