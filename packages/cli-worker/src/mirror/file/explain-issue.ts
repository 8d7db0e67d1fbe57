import { isScalar, isSeq } from "yaml";
import type { core } from "zod";
import type { Problem } from "../problem.ts";
import { suggest } from "./suggest.ts";
import { formatPath, type Path, type YamlFile } from "./yaml-file.ts";

/** The longest value that a message shows, in characters. */
const SHOWN = 60;

/** What a message may show of the document. */
export interface Shown {
  readonly file: YamlFile;
  /** Values that a variable is in, with what is written in the file. */
  readonly substituted: ReadonlyMap<unknown, string>;
}

/** What the schema found wrong, for a reader: where, what was found, what was expected, what to write. */
export function explainIssue(issue: core.$ZodIssue, shown: Shown, prefix: Path = []): readonly Problem[] {
  const { file } = shown;
  const path: Path = [...prefix, ...issue.path.map((key) => (typeof key === "number" ? key : String(key)))];
  if (issue.code === "invalid_union") {
    const branch = chosenBranch(issue.errors);
    if (branch !== undefined) return branch.flatMap((inner) => explainIssue(inner, shown, path));
  }
  if (issue.code === "unrecognized_keys") {
    const known = issue.message.split(" ");
    return issue.keys.map((key) => ({
      at: file.positionOfKey(path, key),
      path: formatPath(path),
      message: `unknown key ${JSON.stringify(key)}${instead(key, known)}`,
    }));
  }
  const node = file.node(path);
  const key = path.at(-1);
  if (node === undefined && typeof key === "string") {
    const at = file.positionOf(path.slice(0, -1));
    return [
      {
        at,
        path: formatPath(path.slice(0, -1)),
        message: `${JSON.stringify(key)} is missing: expected ${issue.message}`,
      },
    ];
  }
  const message = `expected ${issue.message}, found ${describeValue(path, shown)}`;
  return [{ at: file.positionOf(path), path: formatPath(path), message }];
}

/** What the value at a path is, without a secret. */
export function describeValue(path: Path, { file, substituted }: Shown): string {
  const node = file.node(path);
  if (!isScalar(node)) return node === undefined ? "nothing" : isSeq(node) ? listName(node.items) : "a map";
  const { value, source = "" } = node;
  if (value === null) return "nothing";
  if (path.includes("credentials")) return typeof value === "string" ? "a text" : `a ${typeof value} (quote it)`;
  const written = substituted.get(node);
  if (written !== undefined) return `${shortened(written)} (a variable gives a text)`;
  if (typeof value === "string") return shortened(value);
  return `the ${typeof value} ${source}; for a text write ${JSON.stringify(source)}`;
}

function listName(items: readonly unknown[]): string {
  return items.length === 0 ? "an empty list" : "a list";
}

function shortened(text: string): string {
  return JSON.stringify(text.length > SHOWN ? `${text.slice(0, SHOWN)}…` : text);
}

function instead(key: string, known: readonly string[]): string {
  const meant = suggest(key, known);
  return meant === undefined ? `; there are ${known.join(", ")}` : `; did you mean ${JSON.stringify(meant)}?`;
}

/** Of the forms that a value may have the one that it has by its type: what is wrong inside is what is wrong. */
function chosenBranch(branches: readonly (readonly core.$ZodIssue[])[]): readonly core.$ZodIssue[] | undefined {
  const fitting = branches.filter(
    (issues) =>
      !issues.some(({ code, path }) => path.length === 0 && (code === "invalid_type" || code === "invalid_value")),
  );
  // Of several maps the one with the fewest unknown or missing keys.
  const ranked = fitting.toSorted((a, b) => weight(a) - weight(b));
  return ranked[0];
}

function weight(issues: readonly core.$ZodIssue[]): number {
  return issues.reduce((sum, issue) => sum + (issue.code === "unrecognized_keys" ? issue.keys.length : 1), 0);
}
