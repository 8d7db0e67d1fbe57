import { resolve } from "node:path";
import { systemMessage } from "../errors/system-message.ts";
import { UsageError } from "../errors/usage-error.ts";
import { writeWhole } from "../files/write-whole.ts";
import { checkWrittenFile } from "../files/written-file.ts";
import { safeJson } from "../terminal/escape-text.ts";
import { printWarning } from "../terminal/warning.ts";
import type { Report } from "./report.ts";

export type ReportKind = "json" | "markdown" | "html";

/** A file that a report is written to. */
export interface ReportFile {
  readonly path: string;
  readonly kind: ReportKind;
}

const KINDS: Readonly<Record<string, ReportKind>> = {
  json: "json",
  md: "markdown",
  markdown: "markdown",
  html: "html",
  htm: "html",
};

/**
 * Reads the values of `--report`: `FILE`, whose name says the kind, or `KIND=FILE`, as for the summary file of a CI service. Looks whether each can be written.
 * @throws {UsageError} before anything starts: for a kind that there is not, a file named twice, and what can't be written.
 */
export async function reportFiles(values: readonly string[] = []): Promise<readonly ReportFile[]> {
  const files = values.map(reportFile);
  const paths = files.map(({ path }) => resolve(path));
  const twice = files.find(({ path }, at) => paths.indexOf(resolve(path)) !== at);
  if (twice !== undefined) throw new UsageError(`Bad --report: the file "${twice.path}" is named twice`);
  for (const { path } of files) await checkWrittenFile("--report", path);
  return files;
}

/**
 * Writes a report; whoever reads a file sees the old one or the new one. All are tried.
 * @throws an error that names the first that could not be written; of a run in which something else has failed that is a warning.
 */
export async function writeReports(files: readonly ReportFile[], report: Report): Promise<void> {
  const settled = await Promise.allSettled(files.map((file) => writeReport(file, report)));
  const failed = settled.find((outcome) => outcome.status === "rejected");
  if (failed === undefined) return;
  if (report.result.ok || !(failed.reason instanceof Error)) throw failed.reason;
  printWarning(failed.reason.message);
}

async function writeReport({ path, kind }: ReportFile, report: Report): Promise<void> {
  try {
    await writeWhole(path, await renderAs(kind, report));
  } catch (cause) {
    throw new Error(`Cannot write the report "${path}": ${systemMessage(cause)}`, { cause });
  }
}

function reportFile(value: string): ReportFile {
  const [, name = "", rest = ""] = /^([a-z]+)=(.+)$/s.exec(value) ?? [];
  const named = KINDS[name];
  if (named !== undefined) return { path: rest, kind: named };
  const extension = /\.([a-z]+)$/i.exec(value)?.[1]?.toLowerCase() ?? "";
  const kind = KINDS[extension];
  if (kind !== undefined) return { path: value, kind };
  throw new UsageError(
    `Bad --report "${value}": its name ends in .json, .md or .html, or the kind stands before it, as in md=${value}`,
  );
}

/** Each kind is loaded when it is asked for. */
async function renderAs(kind: ReportKind, report: Report): Promise<string> {
  if (kind === "json") return `${safeJson(report.result, 2)}\n`;
  if (kind === "markdown") return (await import("./markdown/render-markdown.ts")).renderMarkdown(report);
  return (await import("./html/render-page.ts")).renderPage(report);
}
