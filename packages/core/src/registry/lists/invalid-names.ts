import { IncompleteListError } from "../../errors/errors.ts";
import { quoted } from "../../text/quoted.ts";
import type { WholeResponse } from "../read-whole.ts";

/** Names that a message has. */
const SHOWN = 5;

/** Names in a list that are not valid: they are left out, and the list says so at its end. */
export class InvalidNames {
  readonly #check: ((name: string) => unknown) | undefined;
  readonly #shown: string[] = [];
  #count = 0;

  /** @param check @throws {SyntaxError} for a name that is not valid. */
  constructor(check: ((name: string) => unknown) | undefined) {
    this.#check = check;
  }

  accepts(name: string): boolean {
    try {
      this.#check?.(name);
      return true;
    } catch (error) {
      if (!(error instanceof SyntaxError)) throw error;
    }
    this.#count += 1;
    if (this.#shown.length < SHOWN) this.#shown.push(quoted(name));
    return false;
  }

  /** @throws {IncompleteListError} where there was any: what else the registry calls otherwise is not known. */
  throwAny({ url, status }: WholeResponse): void {
    if (this.#count === 0) return;
    throw new IncompleteListError(`Cannot read the list: ${this.#detail}`, { method: "GET", url: url.href, status });
  }

  /** The error that a list ends with, and the names. */
  with(error: unknown, { url, status }: WholeResponse): unknown {
    if (this.#count === 0 || !(error instanceof IncompleteListError)) return error;
    const message = `${error.message}; besides, ${this.#detail}`;
    return new IncompleteListError(message, { cause: error, method: "GET", url: url.href, status });
  }

  get #detail(): string {
    const what =
      this.#count === 1 ? "1 name is not valid and was skipped" : `${this.#count} names are not valid and were skipped`;
    return `${what}: ${this.#shown.join(", ")}${this.#count > SHOWN ? ", …" : ""}`;
  }
}
