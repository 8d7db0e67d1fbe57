import { parseHost } from "@tranship/core";
import { type Conversion, type HostDraft, literal, type MirrorDraft, type TagsDraft } from "./conversion.ts";
import { dueBySchedule, dueEvery, parseGoDuration } from "./due.ts";
import { allowed, denied } from "./filters.ts";
import { imageText, messageOf, readForeign, repositoryText } from "./foreign-reference.ts";
import type { ForeignMap, ForeignValue } from "./foreign-value.ts";
import { fromGoRegex, globsOfRegex } from "./go-regex.ts";

/** regsync's file, version 1: `creds`, `defaults`, `sync`. Its templates are carried over where they are a variable of the environment. */
export function fromRegsync(top: ForeignMap, into: Conversion): void {
  top.take("version");
  for (const creds of top.take("creds")?.list() ?? []) readCreds(creds.map(), into, creds);
  const defaults = top.take("defaults")?.map();
  const shared = defaults === undefined ? {} : readFlags(defaults);
  const due = defaults === undefined ? undefined : readDue(defaults);
  defaults?.take("parallel")?.note("parallel is not carried over: see --concurrency, and concurrency of a host");
  defaults?.noteRest("the defaults");
  for (const entry of top.take("sync")?.list() ?? []) readSync(entry, { shared, due, into });
  top.noteRest("the file");
}

type Flags = Pick<MirrorDraft, "referrers" | "cosignTags">;

function readFlags(map: ForeignMap): Flags {
  const referrers = map.take("referrers")?.truth();
  const cosignTags = map.take("digestTags")?.truth();
  return { ...(referrers !== undefined && { referrers }), ...(cosignTags !== undefined && { cosignTags }) };
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

function readCreds(map: ForeignMap, into: Conversion, at: ForeignValue): void {
  const name = map.take("registry")?.text();
  if (name === undefined) {
    at.note("an entry of creds without registry is not carried over");
    return;
  }
  let host: string;
  try {
    host = parseHost(name.replace(/^https?:\/\//, "").replace(/\/.*$/, ""));
  } catch (error) {
    at.note(`creds for ${name} are not carried over: ${messageOf(error)}`);
    return;
  }
  const draft = into.host(host);
  readCredentials(map, host, { draft, into });
  const tls = map.take("tls")?.text()?.toLowerCase();
  if (tls === "disabled" || map.take("scheme")?.text() === "http") draft.plainHttp = true;
  if (tls === "insecure") draft.insecure = true;
  const [ca, cert, key] = ["regcert", "clientCert", "clientKey"].map((field) => readFile(map.take(field), field));
  if (ca !== undefined) draft.ca = ca;
  if (cert !== undefined && key !== undefined) draft.clientCert = { cert, key };
  const mirrors = map.take("mirrors")?.texts() ?? [];
  if (mirrors.length > 0) {
    draft.mirrors = mirrors;
    at.note(`mirrors of ${host} are asked where it can't answer itself, not before it`);
  }
  const rate = map.take("reqPerSec")?.number();
  if (rate !== undefined && rate > 0) draft.requestsPerSecond = rate;
  const concurrent = map.take("reqConcurrent")?.number();
  if (concurrent !== undefined && concurrent > 0) draft.concurrency = Math.min(1000, concurrent);
  map.noteRest(`creds of ${host}`);
}

function readCredentials(
  map: ForeignMap,
  host: string,
  { draft, into }: { readonly draft: HostDraft; readonly into: Conversion },
): void {
  const [user, pass, token, helper] = ["user", "pass", "token", "credHelper"].map((key) => map.take(key));
  const program = helper?.text();
  if (program?.startsWith("docker-credential-") === true) {
    draft.credentials = { helper: program.slice("docker-credential-".length) };
  } else if (program !== undefined) {
    helper?.note(`credHelper of ${host} is not carried over: ${program} is no docker-credential-… program`);
  } else if (user?.text() !== undefined || pass?.text() !== undefined) {
    draft.credentials = {
      username: secretOf(user, host, { what: "USERNAME", into }),
      password: secretOf(pass, host, { what: "PASSWORD", into }),
    };
  } else if (token?.text() !== undefined) {
    draft.credentials = { token: secretOf(token, host, { what: "TOKEN", into }) };
  }
}

/** A template that is a variable stays that variable; what is written out becomes one. */
function secretOf(
  value: ForeignValue | undefined,
  host: string,
  { what, into }: { readonly what: string; readonly into: Conversion },
): string {
  const name = /^\s*\{\{\s*env\s+"([A-Za-z_][A-Za-z0-9_]*)"\s*\}\}\s*$/.exec(value?.text() ?? "")?.[1];
  return name === undefined ? into.secret(host, what) : into.variable(name);
}

/** A certificate, which regsync has in the file itself or by a template of a file's name. */
function readFile(value: ForeignValue | undefined, field: string): string | undefined {
  const text = value?.text();
  if (text === undefined) return undefined;
  const name = /^\s*\{\{\s*file\s+"([^"]+)"\s*\}\}\s*$/.exec(text)?.[1];
  if (name === undefined) value?.note(`${field} is not carried over: put the certificate into a file, and name that`);
  return name === undefined ? undefined : literal(name);
}

interface ReadSyncOptions {
  /** What the defaults say. */
  readonly shared: Flags;
  readonly due: string | undefined;
  readonly into: Conversion;
}

function readSync(entry: ForeignValue, { shared, due, into }: ReadSyncOptions): void {
  const map = entry.map();
  const type = map.take("type")?.text() ?? "repository";
  const [sourceText, targetText] = [map.take("source")?.text(), map.take("target")?.text()];
  const flags = { ...shared, ...readFlags(map) };
  const platforms = readPlatforms(map);
  const cron = readDue(map) ?? due;
  const label = `${sourceText ?? "?"} to ${targetText ?? "?"}`;
  try {
    if (sourceText === undefined || targetText === undefined) throw new SyntaxError("source or target is missing");
    const [source, target] = [withVariables(sourceText, into), withVariables(targetText, into)];
    const draft = draftOf(type, { source, target, map });
    into.mirror({ ...draft, ...platforms, ...flags }, entry.line);
    into.dueAt(entry.line, { of: `the sync of ${label}`, cron });
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    for (const key of ["tags", "tagSets", "repos"]) map.take(key);
    entry.note(`the sync of ${label} is not carried over: ${error.message}`);
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

/** A host that is a variable can't be told from a repository: it is left as it is. */
function reference(text: string): ReturnType<typeof readForeign> {
  if (text.startsWith("${")) {
    const [host = "", ...rest] = text.split("/");
    const parsed = readForeign(`variable.example/${rest.join("/")}`);
    return { ...parsed, host };
  }
  return readForeign(text);
}

function readTags(map: ForeignMap): { readonly tags?: TagsDraft } {
  const sets = map.take("tagSets")?.list() ?? [];
  const tags = map.take("tags");
  if (sets.length + (tags === undefined ? 0 : 1) > 1) {
    (sets[0] ?? tags)?.note("several sets of tags are not carried over together: only the first one is");
  }
  const rules = (tags ?? sets[0])?.map();
  if (rules === undefined) return {};
  const allow = allowed(rules.take("allow"), readRegex);
  const deny = denied(rules.take("deny"), readRegex);
  const semver = rules.take("semverRange")?.texts() ?? [];
  rules.noteRest("the tags");
  const draft: TagsDraft = {
    ...(allow.length > 0 && { regex: allow }),
    ...(semver.length > 0 && { semver: semver.join(" || ") }),
    ...(deny.length > 0 && { excludeRegex: deny }),
  };
  return Object.keys(draft).length === 0 ? {} : { tags: draft };
}

/** An expression for whole tags; undefined, and a note, where it can't be carried over. */
function readRegex(value: ForeignValue): readonly string[] | undefined {
  const text = value.text() ?? "";
  try {
    return [literal(fromGoRegex(text, "whole"))];
  } catch (error) {
    value.note(`the expression ${JSON.stringify(text)} is not carried over: ${messageOf(error)}`);
    return undefined;
  }
}

/** The same for repositories. */
function readGlobs(value: ForeignValue): readonly string[] | undefined {
  const text = value.text() ?? "";
  const found = globsOfRegex(text);
  if (found === undefined)
    value.note(`the expression ${JSON.stringify(text)} for repositories is not carried over: write it as a glob`);
  return found;
}

function readRepos(map: ForeignMap): Pick<MirrorDraft, "repositories" | "excludeRepositories"> {
  const repos = map.take("repos")?.map();
  const allow = allowed(repos?.take("allow"), readGlobs);
  const deny = denied(repos?.take("deny"), readGlobs);
  return {
    ...(allow.length > 0 && !allow.includes("**") && { repositories: allow }),
    ...(deny.length > 0 && { excludeRepositories: deny }),
  };
}

function readPlatforms(map: ForeignMap): Pick<MirrorDraft, "platforms" | "missingPlatforms" | "sparse"> {
  const single = map.take("platform")?.text();
  const several = map.take("platforms")?.texts() ?? [];
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
