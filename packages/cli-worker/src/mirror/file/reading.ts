import type { Position, Problem } from "../problem.ts";
import { formatPath, type Path, type YamlFile } from "./yaml-file.ts";

/** A mirror file while it is read: where things are in it, and what was found wrong so far. */
export class Reading {
  readonly #file: YamlFile;
  readonly #problems: Problem[] = [];

  constructor(file: YamlFile) {
    this.#file = file;
  }

  get problems(): readonly Problem[] {
    return this.#problems;
  }

  at(path: Path): Position {
    return this.#file.positionOf(path);
  }

  /** Notes what is wrong with a value. */
  wrong(path: Path, message: string, at: Position = this.at(path)): void {
    this.#problems.push({ at, path: formatPath(path), message });
  }

  /** Notes what is wrong with a key. */
  wrongKey(parent: Path, key: string, message: string): void {
    this.#problems.push(this.problemOfKey(parent, key, message));
  }

  /** What is to be said of a key. It is not noted. */
  problemOfKey(parent: Path, key: string, message: string): Problem {
    return { at: this.#file.positionOfKey(parent, key), path: formatPath([...parent, key]), message };
  }

  /** Runs what reads one value; what it finds wrong is noted for that value, and undefined given. */
  try<T>(path: Path, read: () => T): T | undefined {
    try {
      return read();
    } catch (error) {
      if (!(error instanceof SyntaxError || error instanceof RangeError)) throw error;
      this.wrong(path, error.message);
      return undefined;
    }
  }
}
