import { formatRepository, parseHost } from "@tranship/core";
import type { Conversion, MirrorDraft } from "./conversion.ts";
import { readTags } from "./dregsy-tags.ts";
import { dueEvery } from "./due.ts";
import { messageOf, readForeign } from "./foreign-reference.ts";
import type { ForeignMap, ForeignValue } from "./foreign-value.ts";

/** dregsy's file: tasks, each with a source, a target and mappings. */
export function fromDregsy(top: ForeignMap, into: Conversion): void {
  for (const key of ["relay", "watch"]) top.take(key);
  for (const task of top.take("tasks")?.list() ?? []) readTask(task, into);
  top.noteRest("the file");
}

function readTask(task: ForeignValue, into: Conversion): void {
  const map = task.map();
  const name = map.take("name")?.text() ?? "without a name";
  try {
    readMappings(task, map, { name, into });
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    task.note(`the task ${name} is not carried over: ${error.message}`);
  }
}

function readMappings(
  task: ForeignValue,
  map: ForeignMap,
  { name, into }: { readonly name: string; readonly into: Conversion },
): void {
  map.take("verbose");
  const cron = readDue(map.take("interval"));
  const [source, target] = [readLocation(map.take("source"), into), readLocation(map.take("target"), into)];
  const mappings = map.take("mappings")?.list() ?? [];
  map.refuseRest(`the task ${name}`);
  if (source === undefined || target === undefined)
    throw new SyntaxError("its source or target is missing or malformed");
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

interface Location {
  readonly host: string;
  /** How its repositories are found for an expression, where that is not by the catalogue: it may find fewer. */
  readonly lister: string | undefined;
}

/** The host, and its settings as a side effect. @throws {SyntaxError} for a key that may narrow what is meant. */
function readLocation(location: ForeignValue | undefined, into: Conversion): Location | undefined {
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
  const lister = map.take("lister");
  lister?.note(
    `lister of ${host} is not carried over: a * asks the catalogue, and where there is none, name the repositories`,
  );
  if (map.take("skip-tls-verify")?.truth() === true) into.host(host).insecure = true;
  map.refuseRest(host);
  return { host, lister: lister && listerOf(lister) };
}

function listerOf(value: ForeignValue): string | undefined {
  const type = value.as("map").map().take("type")?.text();
  return type === "catalog" ? undefined : (type ?? "without a type");
}

interface Ends {
  readonly source: Location;
  readonly target: Location;
  readonly into: Conversion;
}

function readMapping(mapping: ForeignValue, { source, target, into }: Ends): void {
  const map = mapping.map();
  const [from, to] = [map.take("from")?.as("text").text(), map.take("to")?.as("text").text()];
  const platform = map.take("platform")?.as("text").text();
  const digests = map.take("digests")?.asTexts() ?? [];
  const tags = readTags(map.take("tags"));
  map.take("preserve-digests");
  map.refuseRest(`the mapping of ${from ?? "?"}`);
  if (from === undefined) throw new SyntaxError("from is missing");
  if (to?.startsWith("regex:") === true)
    throw new SyntaxError(`"${to}" rewrites names by an expression, which has no equal here`);
  if (from.startsWith("regex:") && source.lister !== undefined)
    throw new SyntaxError(
      `the lister (${source.lister}) finds the repositories of "${from}", and may find fewer: name them`,
    );
  const places = placesOf(from, to, { source: source.host, target: target.host });
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
