/** The levels that are used: `warn` for a request that will be tried again, `info` for each request, `debug` for bodies. */
export type LogLevel = "debug" | "info" | "warn";

/** Where log lines go: what pino's logger is, and `console` too. */
export interface Logger {
  /** Whether lines of a level are wanted; what is not wanted is not made. Without it all are. */
  isLevelEnabled?(level: LogLevel): boolean;
  /** A line about a body. */
  debug(fields: object, message: string): void;
  /** A line about a request that was answered or failed. */
  info(fields: object, message: string): void;
  /** A line about a request that will be tried again. */
  warn(fields: object, message: string): void;
}

/** Whether the logger wants lines of this level. */
export function wants(logger: Logger, level: LogLevel): boolean {
  return logger.isLevelEnabled?.(level) ?? true;
}
