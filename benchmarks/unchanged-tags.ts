import { UNCHANGED_WAYS, UnchangedPair } from "../test/requests/unchanged-ways.ts";
import { printTable } from "./table.ts";

const TAGS = 300;

/** Requests that `tranship sync` takes for tags that have not changed, in each way to see that. */
export async function unchangedTags(): Promise<void> {
  const rows: (readonly (string | number)[])[] = [];
  for (const lists of ["names", "google", "azure"] as const) {
    await using pair = await UnchangedPair.start(lists, TAGS);
    for (const way of UNCHANGED_WAYS.filter((one) => one.lists === lists)) {
      const { source, target } = await pair.again(way);
      rows.push([way.title, total(source), total(target), `${detail(source)} + ${detail(target)}`]);
    }
  }
  printTable(`Requests for ${TAGS} unchanged tags, as the registries saw them`, [
    ["", "source", "target", ""],
    ...rows,
  ]);
}

function total(asked: Readonly<Record<string, number>>): number {
  return Object.values(asked).reduce((sum, count) => sum + count, 0);
}

function detail(asked: Readonly<Record<string, number>>): string {
  return Object.entries(asked)
    .map(([what, count]) => `${count} ${what}`)
    .join(", ");
}
