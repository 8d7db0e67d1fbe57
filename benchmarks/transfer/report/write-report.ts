import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Report } from "../outcome.ts";
import { chartOf } from "./chart.ts";

/** Writes `transfer.json` and `transfer.html` into the folder; gives their paths. */
export async function writeReport(report: Report, folder: string): Promise<readonly string[]> {
  await mkdir(folder, { recursive: true });
  const [json, chart] = [join(folder, "transfer.json"), join(folder, "transfer.html")];
  await writeFile(json, `${JSON.stringify(report, undefined, 2)}\n`);
  await writeFile(chart, chartOf(report));
  return [json, chart];
}
