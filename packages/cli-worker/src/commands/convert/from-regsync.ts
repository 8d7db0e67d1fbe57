import { type Conversion, literal, type MirrorDraft } from "./conversion.ts";
import { dueBySchedule, dueEvery, parseGoDuration } from "./due.ts";
import { imageText, readForeign, repositoryText } from "./foreign-reference.ts";
import type { ForeignMap, ForeignValue } from "./foreign-value.ts";
import { readCreds } from "./regsync-creds.ts";
import { CHOOSING, flagsOf, HARMLESS, type Rules, readDefaults, readRules } from "./regsync-rules.ts";
import { readRepos, readTags } from "./regsync-tags.ts";

/** Takes a variable's place while a reference is read: valid in hosts, names and tags. */
const STAND_IN = "tranship0variable";

/** regsync's file, version 1: `creds`, `defaults`, `sync`. Its templates are carried over where they are a variable of the environment. */
export function fromRegsync(top: ForeignMap, into: Conversion): void {
  top.take("version");
  for (const creds of top.take("creds")?.list() ?? []) readCreds(creds.map(), into, creds);
  const defaults = top.take("defaults");
  const map = defaults?.map();
  const due = map === undefined ? undefined : readDue(map);
  map?.take("parallel")?.note("parallel is not carried over: see --concurrency, and concurrency of a host");
  const shared = readDefaults(defaults);
  for (const entry of top.take("sync")?.list() ?? []) readSync(entry, { shared, due, into });
  top.noteRest("the file");
}

/** When it is due, as a cron expression: by `schedule`, else by `interval`. Undefined where neither says it. */
function readDue(map: ForeignMap): string | undefined {
  const [schedule, interval] = [map.take("schedule"), map.take("interval")];
  const [scheduled, duration] = [schedule?.text(), interval?.text()];
  const seconds = duration === undefined ? undefined : parseGoDuration(duration);
  if (duration !== undefined && seconds === undefined && duration !== "0")
    interval?.note(`interval ${duration} is not carried over: it is no duration, such as 1h30m`);
  const due = scheduled === undefined ? seconds && dueEvery(seconds) : dueBySchedule(scheduled);
  if (due === undefined || due === 0) return undefined;
  if (due.why !== undefined)
    (schedule ?? interval)?.note(
      `${scheduled === undefined ? `interval ${duration}` : `schedule "${scheduled}"`} ${due.why}`,
    );
  return due.cron;
}

interface ReadSyncOptions {
  /** What the defaults say, or why that can't be carried over. */
  readonly shared: Rules | SyntaxError;
  readonly due: string | undefined;
  readonly into: Conversion;
}

function readSync(entry: ForeignValue, { shared, due, into }: ReadSyncOptions): void {
  const map = entry.map();
  const [source, target] = [map.take("source"), map.take("target")];
  const cron = readDue(map) ?? due;
  const label = `${source?.text() ?? "?"} to ${target?.text() ?? "?"}`;
  try {
    const type = map.take("type")?.as("text").text() ?? "repository";
    const [sourceText, targetText] = [source?.as("text").text(), target?.as("text").text()];
    if (shared instanceof SyntaxError) throw shared;
    const flags = flagsOf(readRules(map), shared);
    const platforms = readPlatforms(map);
    if (sourceText === undefined || targetText === undefined) throw new SyntaxError("source or target is missing");
    const places = { source: withVariables(sourceText, into), target: withVariables(targetText, into) };
    const draft = draftOf(type, { ...places, map });
    // An image needs no filters, and a repository none of repositories: there they say nothing.
    map.refuseRest(`the sync of ${label}`, [...HARMLESS, "repos", ...(type === "image" ? ["tags", "tagSets"] : [])]);
    into.mirror({ ...draft, ...platforms, ...flags }, entry.line);
    into.dueAt(entry.line, { of: `the sync of ${label}`, cron });
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    entry.note(`the sync of ${label} is not carried over: ${error.message}`);
    for (const key of CHOOSING) map.take(key);
  }
  map.noteRest(`the sync of ${label}`);
}

function draftOf(
  type: string,
  { source, target, map }: { readonly source: string; readonly target: string; readonly map: ForeignMap },
): MirrorDraft {
  for (const text of [source, target]) {
    if (/^ocidir:/.test(text)) throw new SyntaxError("mirror files copy between registries, and ocidir is a directory");
  }
  if (type === "image") {
    const [from, to] = [reference(source), reference(target)];
    return {
      from: imageText({ ...from, tag: from.tag ?? "latest" }),
      to: imageText({ ...to, tag: to.tag ?? "latest" }),
    };
  }
  const tags = readTags(map);
  if (type === "registry") return { from: `${source}/*`, ...readRepos(map), to: `${target}/{match}`, ...tags };
  if (type !== "repository") throw new SyntaxError(`the type ${type} is unknown`);
  return { from: repositoryText(reference(source)), to: repositoryText(reference(target)), ...tags };
}

/**
 * A reference in which variables stand for a host, for parts of a repository's name, or for a tag. A variable at the
 * beginning, before a "/", is taken for a host: what it stands for is not known.
 */
function reference(text: string): ReturnType<typeof readForeign> {
  const variables: string[] = [];
  const named = text.replaceAll(/\$\{[A-Za-z_][A-Za-z0-9_]*\}/g, (variable) => {
    variables.push(variable);
    return `${STAND_IN}${variables.length - 1}z`;
  });
  const restored = (part: string): string =>
    part.replaceAll(new RegExp(`${STAND_IN}([0-9]+)z`, "g"), (_, at: string) => variables[Number(at)] ?? "");
  const [first = "", ...rest] = named.split("/");
  const isHost = rest.length > 0 && restored(first).startsWith("${") && !/[.:]/.test(first);
  const { host, repository, tag, digest } = readForeign(isHost ? `${first}.example/${rest.join("/")}` : named);
  return {
    host: restored(isHost ? first : host),
    repository: restored(repository),
    ...(tag !== undefined && { tag: restored(tag) }),
    ...(digest !== undefined && { digest }),
  };
}

function readPlatforms(map: ForeignMap): Pick<MirrorDraft, "platforms" | "missingPlatforms" | "sparse"> {
  const single = map.take("platform")?.as("text").text();
  const several = map.take("platforms")?.asTexts() ?? [];
  if (several.length > 0) return { platforms: several, missingPlatforms: "skip", sparse: true };
  return single === undefined ? {} : { platforms: [single] };
}

/** `{{env "NAME"}}` becomes `${NAME}`. @throws {SyntaxError} for another template. */
function withVariables(text: string, into: Conversion): string {
  const result = literal(text).replaceAll(/\{\{\s*env\s+"([A-Za-z_][A-Za-z0-9_]*)"\s*\}\}/g, (_, name: string) =>
    into.variable(name),
  );
  if (result.includes("{{")) throw new SyntaxError(`the template in ${JSON.stringify(text)} has no equal here`);
  return result;
}
