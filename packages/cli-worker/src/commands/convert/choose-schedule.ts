import { parseSchedule } from "../../mirror/schedule.ts";
import type { Conversion, DueEntry } from "./conversion.ts";

/**
 * Chooses the one schedule that a mirror file has: the one that most entries of the other tool's file have, the first of them where several do. Says of whom it is not.
 * Undefined where no entry has one.
 */
export async function chooseSchedule({ due }: Conversion): Promise<string | undefined> {
  const checked = await Promise.all(due.map(async (entry) => ({ ...entry, cron: await checkedCron(entry) })));
  const groups = [...Map.groupBy(checked, ({ cron }) => cron)].filter(([cron]) => cron !== undefined);
  const [most] = groups.toSorted(([, a], [, b]) => b.length - a.length);
  const chosen = most?.[0];
  if (chosen === undefined) return undefined;
  for (const { cron, of, note } of checked) {
    if (cron === undefined) note(`${of} has no schedule: it goes by the one of the others, "${chosen}"`);
    else if (cron !== chosen)
      note(`the schedule of ${of} is not carried over: a mirror file has one, and it is "${chosen}"; write two files`);
  }
  return chosen;
}

async function checkedCron({ cron, of, note }: DueEntry): Promise<string | undefined> {
  if (cron === undefined) return undefined;
  try {
    await parseSchedule(cron);
    return cron;
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    note(`the schedule of ${of} is not carried over: ${error.message}`);
    return undefined;
  }
}
