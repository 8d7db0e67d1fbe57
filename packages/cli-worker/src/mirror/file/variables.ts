import { isMap, isPair, type Scalar, visit } from "yaml";
import type { Problem } from "../problem.ts";
import type { YamlFile } from "./yaml-file.ts";

/** `${NAME}`, `${NAME:-default}`, and `$${` for the characters themselves. */
const VARIABLE = /\$\$\{|\$\{([^}]*)\}|\$\{/g;
const NAME = /^([A-Za-z_][A-Za-z0-9_]*)(?::-(.*))?$/s;

/** The environment. */
export type Variables = Readonly<Record<string, string | undefined>>;

/**
 * Substitutes variables in the string values of a document, and in the names of its hosts: after parsing, so that nothing in a variable can be YAML, or another variable.
 * @returns what is wrong, each with its place; the values that a variable is in, which no message may show, with what is written there; and what the variables stand for.
 */
export function substituteVariables(
  file: YamlFile,
  variables: Variables,
): {
  readonly problems: readonly Problem[];
  readonly substituted: ReadonlyMap<Scalar, string>;
  readonly variables: ReadonlyMap<string, string>;
} {
  const problems: Problem[] = [];
  const known = new Map<string, string>();
  const substituted = new Map<Scalar, string>();
  const hosts = file.node(["hosts"]);
  visit(file.document, {
    Scalar(key, node, path) {
      const { value } = node;
      // A node that several places share is met once in each of them.
      if (typeof value !== "string" || !value.includes("${") || substituted.has(node)) return;
      const parents = path.filter((parent) => isMap(parent) || isPair(parent));
      if (key === "key" && parents.at(-2) !== hosts) return;
      const offset = node.range?.[0] ?? 0;
      const found = substitute(value, variables);
      for (const message of found.problems) problems.push({ at: file.positionAt(offset), message });
      for (const [held, written] of found.held) known.set(held, written);
      substituted.set(node, value);
      node.value = found.text;
    },
  });
  return { problems, substituted, variables: known };
}

/** A text with its variables substituted, what is wrong with them, and what each of the others holds, with how it is written. */
export function substitute(
  text: string,
  variables: Variables,
): {
  readonly text: string;
  readonly problems: readonly string[];
  readonly held: ReadonlyMap<string, string>;
} {
  const problems: string[] = [];
  const held = new Map<string, string>();
  const result = text.replaceAll(VARIABLE, (written: string, inside: string | undefined) => {
    if (written === "$${") return "${";
    const [, name, otherwise] = NAME.exec(inside ?? "") ?? [];
    if (name === undefined) {
      problems.push(
        `${JSON.stringify(written)} is no variable: write \${NAME} or \${NAME:-default}; $\${ is "\${" itself`,
      );
      return written;
    }
    const value = variables[name];
    // As a shell's `:-`: what is empty is as good as unset.
    if (value !== undefined && value !== "") {
      held.set(value, written);
      return value;
    }
    if (otherwise !== undefined) return otherwise;
    const state = value === undefined ? "not set" : "empty";
    problems.push(`the variable ${name} is ${state}: set it, or write \${${name}:-default}`);
    return written;
  });
  return { text: result, problems, held };
}
