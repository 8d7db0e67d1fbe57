import { formatRepository, parseHost } from "@tranship/core";
import { type Conversion, literal, type MirrorDraft, type TagsDraft } from "./conversion.ts";
import { dueEvery } from "./due.ts";
import { messageOf, readForeign } from "./foreign-reference.ts";
import type { ForeignMap, ForeignValue } from "./foreign-value.ts";
import { fromGoRegex } from "./go-regex.ts";

/** dregsy's file: tasks, each with a source, a target and mappings. */
export function fromDregsy(top: ForeignMap, into: Conversion): void {
  for (const key of ["relay", "watch"]) top.take(key);
  for (const task of top.take("tasks")?.list() ?? []) readTask(task, into);
  top.noteRest("the file");
}

function readTask(task: ForeignValue, into: Conversion): void {
  const map = task.map();
  const name = map.take("name")?.text() ?? "without a name";
  map.take("verbose");
  const cron = readDue(map.take("interval"));
  const [source, target] = [readLocation(map.take("source"), into), readLocation(map.take("target"), into)];
  const mappings = map.take("mappings")?.list() ?? [];
  map.noteRest(`the task ${name}`);
  if (source === undefined || target === undefined) {
    task.note(`the task ${name} is not carried over: its source or target is missing or malformed`);
    return;
  }
  for (const mapping of mappings) {
    try {
      readMapping(mapping, { source, target, into });
    } catch (error) {
      if (!(error instanceof SyntaxError)) throw error;
      mapping.note(`a mapping of the task ${name} is not carried over: ${error.message}`);
    }
  }
  into.dueAt(task.line, { of: `the task ${name}`, cron });
}

/** When a task is due; its interval is in seconds. Undefined where it is done once. */
function readDue(interval: ForeignValue | undefined): string | undefined {
  const seconds = interval?.number() ?? 0;
  if (seconds <= 0) return undefined;
  const { cron, why } = dueEvery(seconds);
  if (why !== undefined) interval?.note(`interval ${seconds} ${why}`);
  return cron;
}

/** The host, and its settings as a side effect. */
function readLocation(location: ForeignValue | undefined, into: Conversion): string | undefined {
  const map = location?.map();
  const registry = map?.take("registry")?.text();
  if (map === undefined || registry === undefined) return undefined;
  let host: string;
  try {
    host = parseHost(registry);
  } catch (error) {
    location?.note(`the registry ${registry} is not carried over: ${messageOf(error)}`);
    return undefined;
  }
  // What stands in `auth` is user and password, in JSON and base64.
  const auth = map.take("auth")?.text();
  if (auth === "none") into.host(host).credentials = "anonymous";
  else if (auth !== undefined) {
    into.host(host).credentials = { username: into.secret(host, "USERNAME"), password: into.secret(host, "PASSWORD") };
  }
  // Tokens of AWS are renewed by themselves here.
  map.take("auth-refresh");
  map
    .take("lister")
    ?.note(
      `lister of ${host} is not carried over: a * asks the catalogue, and where there is none, name the repositories`,
    );
  if (map.take("skip-tls-verify")?.truth() === true) into.host(host).insecure = true;
  map.noteRest(host);
  return host;
}

interface Ends {
  readonly source: string;
  readonly target: string;
  readonly into: Conversion;
}

function readMapping(mapping: ForeignValue, { source, target, into }: Ends): void {
  const map = mapping.map();
  const [from, to] = [map.take("from")?.text(), map.take("to")?.text()];
  const platform = map.take("platform")?.text();
  const digests = map.take("digests")?.texts() ?? [];
  const tags = readTags(map.take("tags"));
  map.take("preserve-digests");
  map.noteRest(`the mapping of ${from ?? "?"}`);
  if (from === undefined) throw new SyntaxError("from is missing");
  if (to?.startsWith("regex:") === true)
    throw new SyntaxError(`"${to}" rewrites names by an expression, which has no equal here`);
  const places = placesOf(from, to, { source, target });
  const platforms = platform === undefined || platform === "all" ? {} : { platforms: [platform] };
  for (const digest of digests)
    into.mirror({ from: `${places.from}@${digest}`, to: places.to, ...platforms }, mapping.line);
  // Where digests are named alone, no tags are meant.
  if (digests.length === 0 || tags.tags !== undefined) into.mirror({ ...places, ...tags, ...platforms }, mapping.line);
}

function placesOf(
  from: string,
  to: string | undefined,
  { source, target }: { readonly source: string; readonly target: string },
): Pick<MirrorDraft, "from" | "to"> {
  const path = (text: string): string => text.replaceAll(/^\/+|\/+$/g, "");
  if (!from.startsWith("regex:")) {
    const image = readForeign(`${source}/${path(from)}`);
    return { from: formatRepository(image), to: `${target}/${path(to ?? from)}` };
  }
  const expression = from.slice("regex:".length).trim();
  const [, prefix] = /^\^?([a-z0-9._/-]*)\.\*\$?$/.exec(expression) ?? [];
  if (prefix === undefined)
    throw new SyntaxError(
      `"${from}" is more than a beginning and .*: write it as HOST/NAMESPACE/*, or name the repositories`,
    );
  return { from: `${source}/${prefix}*`, to: `${target}/${to === undefined ? "" : `${path(to)}/`}{repository}` };
}

/** dregsy takes a tag that fits any of its entries; here, names are added to what fits filters of one kind. */
function readTags(value: ForeignValue | undefined): { readonly tags?: MirrorDraft["tags"] & object } {
  const entries = (value?.list() ?? []).map((entry) => ({ entry, text: entry.text() ?? "" }));
  const lost: string[] = [];
  const kept = { names: [] as string[], semver: [] as string[], regex: [] as string[], excludeRegex: [] as string[] };
  for (const { entry, text } of entries) {
    const [, kind, rest = ""] = /^(semver|regex|keep):(.*)$/s.exec(text) ?? [];
    const inverted = rest.trim().startsWith("!");
    try {
      if (kind === undefined) kept.names.push(text);
      else if (kind === "semver") kept.semver.push(rest.trim());
      else if (kind === "keep" && !inverted) throw new SyntaxError("it narrows what other entries choose");
      else if (inverted) kept.excludeRegex.push(literal(fromGoRegex(rest.trim().slice(1), "whole")));
      else kept.regex.push(literal(fromGoRegex(rest, "whole")));
    } catch (error) {
      if (!(error instanceof SyntaxError)) throw error;
      entry.note(`the entry ${JSON.stringify(text)} of tags is not carried over: ${error.message}`);
      lost.push(text);
      if (kind === "keep" || inverted)
        throw new SyntaxError(`without ${JSON.stringify(text)} more tags would be meant than were`);
    }
  }
  if (kept.semver.length > 0 && kept.regex.length > 0) {
    value?.note("semver and regex together are not carried over: here a tag has to fit both; only regex is");
    kept.semver.length = 0;
  }
  if (lost.length > 0 && lost.length === entries.length)
    throw new SyntaxError("nothing of its tags can be carried over, and without that all would be meant");
  const filters: TagsDraft = {
    ...(kept.regex.length > 0 && { regex: kept.regex }),
    ...(kept.semver.length > 0 && { semver: kept.semver.join(" || ") }),
    ...(kept.excludeRegex.length > 0 && { excludeRegex: kept.excludeRegex }),
  };
  if (Object.keys(filters).length === 0) return kept.names.length === 0 ? {} : { tags: kept.names };
  return { tags: kept.names.length === 0 ? filters : { ...filters, names: kept.names } };
}
