import { type Amount, type RequestCount, sumAmounts, totalRequests } from "@tranship/copy";
import { oneLine } from "../terminal/one-line.ts";
import { counted, formatBytes, formatDuration } from "../terminal/units.ts";
import type { CopiedImage, CopyReport } from "./copy-report.ts";
import { lackingPlatforms } from "./lacking-platforms.ts";

/** A report for a reader, as lines. Failures are not in it: they go to stderr, one line each. */
export function renderReport(report: CopyReport, tookMs: number): readonly string[] {
  if (report.scope === "repository") return renderRepository(report, tookMs);
  return report.copies.flatMap((copy) => renderImage(copy, tookMs));
}

function renderImage({ from, to, result }: CopiedImage, tookMs: number): readonly string[] {
  const { outcome, root, source } = result;
  const digest = `  digest    ${root.digest}`;
  if (outcome === "kept") return [`Kept ${to}: it is there already`, digest];
  const requests = `  requests  ${renderRequests(result.requests)}`;
  if (outcome === "unchanged") return [`Unchanged ${to}: it is what ${from} is`, digest, requests];
  const selected = source === undefined || root.digest === source.digest ? [] : [`  source    ${source.digest}`];
  const lacking = (result.lacking ?? []).map((platform) => `  lacks     ${platform}`);
  return [`Copied ${from} to ${to}`, digest, ...selected, ...lacking, renderContent([result], tookMs), requests];
}

function renderRepository({ from, to, copies, failures, requests }: CopyReport, tookMs: number): readonly string[] {
  if (copies.length === 0 && failures.length > 0) return [];
  const count = (outcome: string): number => copies.filter(({ result }) => result.outcome === outcome).length;
  const parts = [
    `${count("copied")} copied`,
    `${count("unchanged")} unchanged`,
    ...(count("kept") === 0 ? [] : [`${count("kept")} kept`]),
    ...(failures.length === 0 ? [] : [`${failures.length} failed`]),
  ];
  return [
    `Copied ${from} to ${to}`,
    `  tags      ${copies.length + failures.length}: ${parts.join(", ")}`,
    renderContent(
      copies.map(({ result }) => result),
      tookMs,
    ),
    ...lackingPlatforms(copies.map(({ to: name, result: { lacking } }) => ({ name, lacking }))).map(
      (line) => `  platforms ${line}`,
    ),
    `  requests  ${renderRequests(requests)}`,
  ];
}

function renderContent(results: readonly CopiedImage["result"][], tookMs: number): string {
  const moved = sumAmounts(results.map((result) => result.moved));
  const parts = [
    `${renderAmount(moved)} in ${formatDuration(tookMs)}`,
    ...others("mounted", sumAmounts(results.map((result) => result.mounted))),
    ...others("skipped", sumAmounts(results.map((result) => result.skipped))),
    ...foreign(results.reduce((sum, result) => sum + result.foreign.length, 0)),
  ];
  return `  moved     ${parts.join("; ")}`;
}

function others(what: string, amount: Amount): readonly string[] {
  return amount.count === 0 ? [] : [`${what} ${renderAmount(amount)}`];
}

function foreign(count: number): readonly string[] {
  return count === 0 ? [] : [`left out ${counted(count, "foreign layer")}`];
}

function renderAmount({ count, bytes }: Amount): string {
  return `${count} (${formatBytes(bytes)})`;
}

/** `registry.example 4, localhost:5000 9`, hosts in the order in which they were first asked; `none` for layouts. */
export function renderRequests(requests: RequestCount): string {
  const hosts = Object.entries(requests).map(([host, kinds]) => `${oneLine(host)} ${totalRequests({ [host]: kinds })}`);
  return hosts.length === 0 ? "none" : hosts.join(", ");
}
