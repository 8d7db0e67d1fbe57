import picomatch from "picomatch";
import { LinearRegex } from "./linear-regex.ts";
import { parseRegex, type RegexNode } from "./parse-regex.ts";

/** Globs are written by hand: a longer one is a mistake, or an attack. */
const MAX_GLOB_LENGTH = 4096;

/** The most repetitions without a limit with which JavaScript's engine is quick on names of 255 characters. */
const FEW_REPETITIONS = 2;

/** And the most alternatives, which multiply the ways to match. */
const FEW_CHOICES = 4;

/** How a glob is read. */
export interface GlobOptions {
  /** Whether a `!` at the beginning has no meaning of its own. Default false. */
  readonly nonegate?: boolean | undefined;
}

/**
 * Whether names match a glob, as picomatch reads it, with `*` for names that begin with a dot too. No glob takes long on any name.
 * @throws {SyntaxError} for what picomatch refuses, or matches only with an engine that may run for ever.
 */
export function compileGlob(text: string, { nonegate = false }: GlobOptions = {}): (name: string) => boolean {
  if (text.length > MAX_GLOB_LENGTH) throw new SyntaxError(`it has more than ${MAX_GLOB_LENGTH} characters`);
  const expression = compile(text, nonegate);
  const node = parseRegex(expression.source);
  if (node !== undefined && isQuick(node)) return (name) => matches(name, text, expression);
  const linear = LinearRegex.compile(expression);
  if (linear === undefined) throw new SyntaxError("it has a construct that may take for ever on some names");
  return (name) => matches(name, text, linear);
}

function compile(text: string, nonegate: boolean): RegExp {
  try {
    return picomatch.makeRe(text, { dot: true, strictBrackets: true, nonegate });
  } catch (cause) {
    throw new SyntaxError(cause instanceof Error ? cause.message : String(cause), { cause });
  }
}

/** As picomatch has it: a name that is written like the glob matches too, and the empty one never does. */
function matches(name: string, glob: string, expression: { test(name: string): boolean }): boolean {
  return name !== "" && (name === glob || expression.test(name));
}

function isQuick(node: RegexNode): boolean {
  const { unlimited, choices, nested } = complexityOf(node, false);
  return unlimited <= FEW_REPETITIONS && choices <= FEW_CHOICES && !nested;
}

interface Complexity {
  /** Repetitions without a limit. */
  readonly unlimited: number;
  /** Alternatives, and repetitions with a limit. */
  readonly choices: number;
  /** Whether a repetition is within another. */
  readonly nested: boolean;
}

function complexityOf(node: RegexNode, within: boolean): Complexity {
  if (node.kind === "sequence") return sumOf(node.parts, within);
  if (node.kind === "lookahead") return sumOf([node.of], within);
  if (node.kind === "alternatives") {
    const sum = sumOf(node.options, within);
    return { ...sum, choices: sum.choices + 1 };
  }
  if (node.kind !== "repeat") return { unlimited: 0, choices: 0, nested: false };
  const { unlimited, choices, nested } = sumOf([node.of], true);
  const isUnlimited = node.max === Number.POSITIVE_INFINITY;
  return {
    unlimited: unlimited + (isUnlimited ? 1 : 0),
    choices: choices + (isUnlimited ? 0 : 1),
    nested: nested || (within && node.max > 1),
  };
}

function sumOf(nodes: readonly RegexNode[], within: boolean): Complexity {
  const parts = nodes.map((node) => complexityOf(node, within));
  return {
    unlimited: parts.reduce((sum, { unlimited }) => sum + unlimited, 0),
    choices: parts.reduce((sum, { choices }) => sum + choices, 0),
    nested: parts.some(({ nested }) => nested),
  };
}
