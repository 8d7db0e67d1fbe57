/** When something is due, by the local time. */
export interface Schedule {
  /** As it was written. */
  readonly text: string;
  /** The first time after that one. */
  next(after: Date): Date;
}

/** croner's words, without its name before them. */
const OURS = /^CronPattern: |\.$/g;

/**
 * Reads a cron expression: five fields (minute, hour, day of the month, month, day of the week), or `@hourly`, `@daily` and the like.
 * @throws {SyntaxError} saying what is wrong, also for a time that never comes.
 */
export async function parseSchedule(text: string): Promise<Schedule> {
  const { Cron } = await import("croner");
  const refuse = (why: string, cause?: unknown): never => {
    throw new SyntaxError(
      `${JSON.stringify(text)} is no cron expression: ${why}; write five fields, minute, hour, day, month and weekday, such as "0 3 * * *"`,
      { cause },
    );
  };
  const trimmed = text.trim();
  // croner takes a date as well, which comes once.
  if (!trimmed.startsWith("@") && trimmed.split(/\s+/).length !== 5) return refuse("it has not five fields");
  try {
    const cron = new Cron(trimmed, { mode: "5-part" });
    const next = (after: Date): Date => cron.nextRun(after) ?? refuse("that time never comes");
    next(new Date());
    return { text: trimmed, next };
  } catch (error) {
    if (error instanceof SyntaxError || !(error instanceof Error)) throw error;
    return refuse(error.message.replaceAll(OURS, ""), error);
  }
}
