import type { Amount, ImageResult } from "@tranship/copy";
import { imageName, referenceName } from "../../results/image-name.ts";
import { counted, formatBytes, formatDuration } from "../../terminal/units.ts";
import type { Report } from "../report.ts";
import { notesOf, type ReportFacts, type RepositoryPair, reportFacts } from "../report-facts.ts";
import { formatTime, outcomeInWords, outcomesInWords, stateInWords } from "../report-words.ts";
import { code, table } from "./markdown-text.ts";

/** CI services cut off what is long (GitHub at 1 MiB): so many rows of each table are shown. */
const ROWS = 100;

/** A report for the summary of a CI run: Markdown as GitHub and GitLab read it. At most some 100 kB, however much was done. */
export function renderMarkdown(report: Report): string {
  const { result, command, of } = report;
  const facts = reportFacts(result);
  const lines = [
    `## ${command} of ${code(of)}: ${stateInWords(facts).toLowerCase()}`,
    "",
    `${outcomesInWords(result)}. Begun ${formatTime(result.startedAt)}, took ${formatDuration(result.tookMs)}.`,
    ...(result.error === undefined ? [] : ["", `Ended by ${code(result.error.code)}: ${code(result.error.message)}`]),
    ...section("Content", contentTable(report, facts)),
    ...section("Failures", failureTable(facts.failures)),
    ...section("Repositories", pairTable(facts.pairs)),
    ...section("Deleted", deletedTable(facts.deleted)),
    ...section("Slowest", slowestTable(facts.slowest)),
    ...section("Hosts", hostTable(facts)),
    ...section("Notes", notes(report)),
  ];
  return `${lines.join("\n")}\n`;
}

function section(title: string, lines: readonly string[]): readonly string[] {
  return lines.length === 0 ? [] : ["", `### ${title}`, "", ...lines];
}

function contentTable({ result: { moved, mounted, skipped } }: Report, { readOnce }: ReportFacts): readonly string[] {
  const row = (what: string, { count, bytes }: Amount): readonly string[] => [what, String(count), formatBytes(bytes)];
  return table(
    ["", "blobs and manifests", "size"],
    [
      row("moved", moved),
      row("saved: mounted from another repository", mounted),
      row("saved: there before, or brought by another image", skipped),
      ...(readOnce === 0 ? [] : [["saved: read once for several targets", "", formatBytes(readOnce)]]),
    ],
  );
}

function failureTable(failures: readonly ImageResult[]): readonly string[] {
  if (failures.length === 0) return [];
  const rows = failures
    .slice(0, ROWS)
    .map((image) => [
      `${code(imageName(image))}<br>${code(image.error?.message ?? "")}`,
      code(image.error?.code ?? ""),
    ]);
  return withRest(table(["image", "code"], rows), failures.length);
}

function pairTable(pairs: readonly RepositoryPair[]): readonly string[] {
  if (pairs.length === 0) return [];
  const rows = pairs
    .slice(0, ROWS)
    .map(({ from, to, changed, unchanged, moved, mounted, skipped }) => [
      to === undefined ? code(from) : `${code(from)} → ${code(to)}`,
      countOutcomes(changed),
      String(unchanged),
      formatBytes(moved.bytes),
      formatBytes(mounted.bytes + skipped.bytes),
    ]);
  return withRest(table(["repository", "changed", "unchanged", "moved", "saved"], rows), pairs.length);
}

function countOutcomes(images: readonly ImageResult[]): string {
  const counts = Map.groupBy(images, ({ outcome }) => outcome);
  return [...counts].map(([outcome, { length }]) => `${length} ${outcomeInWords(outcome)}`).join(", ") || "0";
}

function deletedTable(deleted: readonly ImageResult[]): readonly string[] {
  if (deleted.length === 0) return [];
  const rows = deleted
    .slice(0, ROWS)
    .map(({ to = "", targetTag, digest = "" }) => [code(referenceName(to, targetTag)), code(digest)]);
  return withRest(table(["tag", "was"], rows), deleted.length);
}

function slowestTable(slowest: readonly ImageResult[]): readonly string[] {
  if (slowest.length === 0) return [];
  const rows = slowest.map((image) => [
    code(imageName(image)),
    formatDuration(image.tookMs),
    formatBytes(image.moved.bytes),
    String(image.requests),
  ]);
  return table(["image", "took", "moved", "requests"], rows);
}

function hostTable({ hosts }: ReportFacts): readonly string[] {
  if (hosts.length === 0) return [];
  const rows = hosts
    .slice(0, ROWS)
    .map(({ host, requests, read, written, retries, throttled, waitedMs }) => [
      code(host),
      String(requests),
      formatBytes(read),
      formatBytes(written),
      retries === 0 ? "0" : `${retries} (${throttled} asked for, waited ${formatDuration(waitedMs)})`,
    ]);
  return withRest(table(["host", "requests", "read", "written", "sent again"], rows), hosts.length);
}

function notes({ result }: Report): readonly string[] {
  const all = notesOf(result);
  return withRest(
    all.slice(0, ROWS).map((notice) => `- ${code(notice)}`),
    all.length,
  );
}

function withRest(lines: readonly string[], all: number): readonly string[] {
  return all > ROWS ? [...lines, "", `… and ${counted(all - ROWS, "more row")}.`] : lines;
}
