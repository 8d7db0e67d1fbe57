import { type Digest, parseDigest } from "../digest/digest.ts";
import { quoted } from "../text/quoted.ts";
import { DOCKER_HUB, parseHost } from "./host.ts";
import { parseRepositoryName } from "./repository-name.ts";
import { parseTag } from "./tag.ts";

/** A repository and the registry that it is in. */
export interface Repository {
  /** `host` or `host:port` in lower case, `docker.io` for Docker Hub. */
  readonly host: string;
  /** The whole name: `library/alpine`. */
  readonly repository: string;
}

/** A repository and perhaps one tag or one digest in it. */
export interface Reference extends Repository {
  readonly tag?: string;
  readonly digest?: Digest;
}

/**
 * Reads `[HOST/]REPOSITORY[:TAG|@DIGEST]`. The first part is a host if it has a "." or ":" in it, is `localhost` or an IPv6 address in brackets; without a host
 * docker.io is meant, and there a name of one part is in `library/`. No tag is made up: `alpine` has none.
 * Grammar: distribution's reference package. A name alone that looks like a host (`r.example`, `localhost:5000`) is refused, where Docker would look for it on Docker Hub.
 * @throws {SyntaxError} naming the text, the reason and, where it is known, what to write.
 */
export function parseReference(text: string): Reference {
  try {
    return readReference(text);
  } catch (error) {
    throw explained("reference", text, error);
  }
}

/** Reads `[HOST/]REPOSITORY` by the rules of `parseReference`. @throws {SyntaxError} also for a tag or digest. */
export function parseRepository(text: string): Repository {
  try {
    const { host, repository, tag, digest } = readReference(text);
    if (tag === undefined && digest === undefined) return { host, repository };
    const end = tag === undefined ? text.indexOf("@") : text.lastIndexOf(":");
    const what = tag === undefined ? "a digest" : "a tag";
    throw new SyntaxError(`it has ${what}, a repository is wanted: write ${quoted(text.slice(0, end))}`);
  } catch (error) {
    throw explained("repository", text, error);
  }
}

/** The full form, host included; `parseReference` reads it back to the same. */
export function formatReference(reference: Reference): string {
  const tag = reference.tag === undefined ? "" : `:${reference.tag}`;
  const digest = reference.digest === undefined ? "" : `@${reference.digest}`;
  return `${formatRepository(reference)}${tag}${digest}`;
}

/** `host/repository`, without tag and digest. */
export function formatRepository(repository: Repository): string {
  return `${repository.host}/${repository.repository}`;
}

/** The host that requests go to: Docker Hub's API is not at docker.io. */
export function apiHost(host: string): string {
  return host === DOCKER_HUB ? "registry-1.docker.io" : host;
}

function readReference(text: string): Reference {
  refuseOtherForms(text);
  const at = text.indexOf("@");
  const named = at < 0 ? text : text.slice(0, at);
  const digest = at < 0 ? undefined : parseDigest(text.slice(at + 1));
  const { name, tag } = splitTag(named);
  const repository = splitHost(name, named);
  if (tag === undefined) return digest === undefined ? repository : { ...repository, digest };
  if (digest === undefined) return { ...repository, tag: parseTag(tag) };
  throw new SyntaxError(`it has both a tag and a digest: write ${quoted(named)} or ${quoted(`${name}@${digest}`)}`);
}

function refuseOtherForms(text: string): void {
  if (text === "") throw new SyntaxError("it is empty: write HOST/REPOSITORY, then :TAG or @DIGEST");
  if (/\s/.test(text)) throw new SyntaxError("it has white space in it");
  const scheme = /^[a-z][a-z0-9+.-]*:\/\//i.exec(text)?.[0];
  if (scheme !== undefined) throw new SyntaxError(`leave out ${quoted(scheme)}: write HOST/REPOSITORY`);
  if (credentialsEnd(text) > 0) throw new SyntaxError('leave out the credentials before "@": write HOST/REPOSITORY');
  if (/^[0-9a-f]{64}$/.test(text)) {
    throw new SyntaxError(`64 hex digits are an image's id, not its name: write HOST/REPOSITORY@sha256:${text}`);
  }
}

function splitTag(named: string): { readonly name: string; readonly tag?: string } {
  const colon = named.lastIndexOf(":");
  if (colon <= named.lastIndexOf("/") || named.endsWith("]")) return { name: named };
  return { name: named.slice(0, colon), tag: named.slice(colon + 1) };
}

function splitHost(name: string, named: string): Repository {
  const slash = name.indexOf("/");
  const first = slash < 0 ? name : name.slice(0, slash);
  if (slash < 0 && /^(?:localhost$|\[)|\./i.test(first)) throw hostAlone(name, named);
  const isHost = slash > 0 && /[.:[]|^localhost$/i.test(first);
  const host = isHost ? parseHost(first) : DOCKER_HUB;
  const path = isHost ? name.slice(slash + 1) : name;
  const inLibrary = host === DOCKER_HUB && path !== "" && !path.includes("/");
  // First as it was written: what is wrong is said of the user's own words.
  const written = parseRepositoryName(path);
  return { host, repository: inLibrary ? parseRepositoryName(`library/${written}`) : written };
}

function hostAlone(name: string, named: string): SyntaxError {
  const host = /:[0-9]+$/.test(named) ? named : name;
  if (name.startsWith("[")) parseHost(host);
  const onHub = name.startsWith("[") ? "" : ` (or ${quoted(`docker.io/library/${named}`)} if that image is meant)`;
  return new SyntaxError(`it names a host and no repository: write ${quoted(`${host}/REPOSITORY`)}${onHub}`);
}

/** Where a URL's user and password would end: before what looks like a host and not like a digest. -1 where there are none. */
function credentialsEnd(text: string): number {
  const named = text.replace(/@(?:md5|sha[0-9]+|blake[0-9a-z]+):[^@]*$/, "");
  const at = named.lastIndexOf("@");
  const rest = named.slice(at + 1);
  if (at < 0) return -1;
  return text.includes("://") || /[/.]|:[0-9]{1,5}$|^localhost/.test(rest) ? at : -1;
}

function explained(what: string, text: string, error: unknown): unknown {
  if (!(error instanceof SyntaxError)) return error;
  const end = credentialsEnd(text);
  const shown = end < 0 ? text : `***${text.slice(end)}`;
  return new SyntaxError(`Bad ${what} ${quoted(shown)}: ${error.message}`);
}
