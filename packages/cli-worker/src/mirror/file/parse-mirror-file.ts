import { parseHost } from "@tranship/core";
import type { MirrorFile } from "../mirror-file.ts";
import { formatProblem, MirrorFileError, type Problem } from "../problem.ts";
import { checkMirrors } from "../resolve/check-mirrors.ts";
import { unusedHosts } from "../resolve/unused-hosts.ts";
import { asWritten, problemAsWritten, type Substitutions } from "./as-written.ts";
import { documentSchema, type MirrorDocument } from "./document-schema.ts";
import { explainIssue } from "./explain-issue.ts";
import { dropExtensionKeys } from "./extension-keys.ts";
import { readHosts } from "./read-host.ts";
import { readMirror } from "./read-mirror.ts";
import { Reading } from "./reading.ts";
import { substituteVariables, type Variables } from "./variables.ts";
import { YamlFile } from "./yaml-file.ts";

/** A text that is a mirror file, and where it is from. */
export interface MirrorText {
  readonly text: string;
  /** What messages call it. */
  readonly name: string;
  /** What its relative paths start from. */
  readonly folder: string;
  /** Its absolute path; undefined for stdin. */
  readonly path?: string | undefined;
  /** What `${NAME}` stands for: the environment. */
  readonly variables: Variables;
}

/** A mirror file, and what its writer should know: a line for each. */
export interface ParsedMirrorFile {
  readonly file: MirrorFile;
  readonly warnings: readonly string[];
  /** A message about a value of the file, with its variables as they are written there. */
  readonly asWritten: (message: string) => string;
}

/**
 * Reads and checks a mirror file, with no request and no look at another file. Each step needs the one before: YAML with its aliases and merges, variables, form, meaning, the mirrors together;
 * the first step that finds problems ends it, with all of its problems.
 * @throws {MirrorFileError} with line and column of each.
 */
export function parseMirrorFile({ text, name, folder, path, variables }: MirrorText): ParsedMirrorFile {
  const { file, problems: syntax } = YamlFile.parse(text);
  if (syntax.length > 0) throw new MirrorFileError(name, syntax);
  dropExtensionKeys(file);
  const { problems: unset, substituted, variables: held } = substituteVariables(file, variables);
  const values = [...substituted].map(([node, written]) => [String(node.value), written] as const);
  const substitutions: Substitutions = { text, values, variables: held };
  const shown = (problem: Problem): Problem => problemAsWritten(problem, substitutions);
  const refuse = (problems: readonly Problem[]): void => {
    if (problems.length > 0) throw new MirrorFileError(name, problems.map(shown));
  };
  refuse(unset);
  const plain = plainOf(file, refuse);
  const parsed = documentSchema.safeParse(plain);
  refuse((parsed.error?.issues ?? []).flatMap((issue) => explainIssue(issue, { file, substituted })));
  const document: MirrorDocument = parsed.data ?? unreachable();
  const reading = new Reading(file);
  const { hosts = {}, defaults = {} } = document;
  const rules = readHosts(reading, hosts, folder);
  const mirrors = document.mirrors.flatMap((entry, index) => readMirror(reading, index, { entry, defaults }) ?? []);
  refuse(reading.problems);
  const { schedule } = document;
  const timed = schedule === undefined ? {} : { schedule: { text: schedule, at: reading.at(["schedule"]) } };
  const mirrorFile: MirrorFile = { name, owner: document.name ?? path, ...timed, hosts: rules, mirrors };
  const { problems, warnings } = checkMirrors(mirrorFile);
  refuse(problems);
  const unused = new Set(unusedHosts(mirrorFile));
  const unusedRules = Object.keys(hosts)
    .filter((host) => unused.has(parseHost(host)))
    .map((host) =>
      reading.problemOfKey(["hosts"], host, "nothing in mirrors names this host, so what is said here counts for none"),
    );
  return {
    file: mirrorFile,
    warnings: [...unusedRules, ...warnings].map((warning) => formatProblem(name, shown(warning))),
    asWritten: (message) => asWritten(message, substitutions),
  };
}

function plainOf(file: YamlFile, refuse: (problems: readonly Problem[]) => void): unknown {
  const at = { line: 1, column: 1 };
  const plain: unknown = file.document.toJS();
  if (plain === null || plain === undefined) refuse([{ at, message: "the file is empty: expected version, mirrors" }]);
  else if (isPlan(plain))
    refuse([{ at, message: "this is a plan, and a mirror file is expected: tranship apply carries plans out" }]);
  return plain;
}

/** What `tranship plan` writes is YAML too, and lacks all that a mirror file has. */
function isPlan(plain: unknown): boolean {
  return typeof plain === "object" && plain !== null && "kind" in plain && plain.kind === "plan";
}

function unreachable(): never {
  throw new Error("A document without problems has content");
}
