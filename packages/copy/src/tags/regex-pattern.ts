import { createContext, Script } from "node:vm";
import type { TagPattern } from "./tag-rules.ts";

/** What an expression may take for all tags of a repository, in ms: 10,000 tags take a harmless one 3. */
const TIME_LIMIT_MS = 2_000;

/** Texts on which an expression that backtracks without end does so, as long as a tag can be. */
const HARD_TAGS: readonly string[] = ["a", "1", "-", "1.", "1-", "a-", "a1", "1a."].map((unit) =>
  `${unit.repeat(128)}`.slice(0, 127).concat("\u{7f}"),
);

/**
 * A regular expression for whole tags, JavaScript's with the flag `u`. One that backtracks without end is refused here where known texts show it, and is stopped when
 * it is used: the engine that runs it is given a time limit.
 * @throws {SyntaxError} saying what is wrong with it.
 */
export function regexPattern(text: string): TagPattern {
  if (text === "") throw new SyntaxError("the regular expression is empty");
  const expression = compile(text);
  if (selectWithin(expression, HARD_TAGS) === undefined) {
    throw new SyntaxError(
      `${JSON.stringify(text)} takes for ever on some tags: avoid repetitions inside repetitions, as in (a+)+`,
    );
  }
  return {
    text,
    select(tags) {
      const selected = selectWithin(expression, tags);
      if (selected !== undefined) return selected;
      throw new SyntaxError(
        `The regular expression ${JSON.stringify(text)} takes for ever on these tags: avoid repetitions inside repetitions`,
      );
    },
  };
}

function compile(text: string): RegExp {
  try {
    // Alone first: its own parentheses have to close.
    new RegExp(text, "u");
    return new RegExp(`^(?:${text})$`, "u");
  } catch (cause) {
    const message = cause instanceof Error ? cause.message : String(cause);
    const detail = message.replace(/^Invalid regular expression: .*: /s, "");
    throw new SyntaxError(`${JSON.stringify(text)} does not compile: ${detail}`, { cause });
  }
}

/** The texts that fit; undefined where that takes too long. */
function selectWithin(expression: RegExp, texts: readonly string[]): readonly string[] | undefined {
  const context = createContext({ expression, texts });
  try {
    const fits: readonly number[] = SELECT.runInContext(context, { timeout: TIME_LIMIT_MS });
    return Array.from(fits, (index) => texts[index] ?? "");
  } catch (error) {
    if (isTimeout(error)) return undefined;
    throw error;
  }
}

/** The context has errors of its own kind. */
function isTimeout(error: unknown): boolean {
  return (
    typeof error === "object" && error !== null && "code" in error && error.code === "ERR_SCRIPT_EXECUTION_TIMEOUT"
  );
}

const SELECT = new Script("texts.flatMap((text, index) => (expression.test(text) ? [index] : []))");
