import { UsageError } from "../errors/usage-error.ts";
import { withoutUsers } from "../errors/without-users.ts";
import { oneLine } from "../terminal/one-line.ts";

/** A place in a file; both count from 1. */
export interface Position {
  readonly line: number;
  readonly column: number;
}

/** One thing that is wrong with a file, or worth a word. */
export interface Problem {
  readonly at: Position;
  /** What it is about, as in `mirrors[0].tags`; undefined for the file as a whole. */
  readonly path?: string | undefined;
  /** What was found, what was expected, and what to write. No secret is in it. */
  readonly message: string;
}

/** `mirror.yaml:12:5: mirrors[0].tags: …` */
export function formatProblem(file: string, { at, path, message }: Problem): string {
  const where = path === undefined || path === "" ? "" : `${path}: `;
  return oneLine(`${file}:${at.line}:${at.column}: ${withoutUsers(`${where}${message}`)}`);
}

/** All that is wrong with a mirror file, in its order. Each is reported on a line of its own; nothing was started. */
export class MirrorFileError extends UsageError {
  readonly problems: readonly Problem[];
  /** A line for each problem. */
  readonly lines: readonly string[];

  constructor(file: string, problems: readonly Problem[]) {
    const sorted = problems.toSorted((a, b) => a.at.line - b.at.line || a.at.column - b.at.column);
    const lines = sorted.map((problem) => formatProblem(file, problem));
    super(lines.join("\n"));
    this.name = "MirrorFileError";
    this.problems = sorted;
    this.lines = lines;
  }
}
