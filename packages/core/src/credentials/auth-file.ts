import { readFile } from "node:fs/promises";
import { parseJson as parseJsonText, whyNotJson } from "../content/parse-json.ts";
import { StoreError } from "../errors/errors.ts";
import { decodeAuthEntry } from "./auth-entry.ts";
import type { Credential } from "./credential.ts";
import { findJsonFault } from "./json-fault.ts";
import { namespacesOf, parseAuthKey, registryName, shownKey } from "./registry-key.ts";

/** A credential helper as a file names it: the program is `docker-credential-NAME`. */
export interface HelperChoice {
  readonly name: string;
  /** Which setting names it, for messages: `credsStore in "/home/me/.docker/config.json"`. */
  readonly namedBy: string;
}

/** What docker's `config.json` or podman's `auth.json` says about credentials. */
export interface AuthFile {
  readonly path: string;
  /** The document itself, with whatever else it holds. */
  readonly document: Readonly<Record<string, unknown>>;
  /** By `auths` key, as written. Undefined for an entry without a credential, an error for one that is malformed. */
  readonly auths: ReadonlyMap<string, Credential | StoreError | undefined>;
  /** By registry name. Undefined for a registry that uses no helper, not even `credsStore`. */
  readonly credHelpers: ReadonlyMap<string, HelperChoice | undefined>;
  readonly credsStore: HelperChoice | undefined;
}

/** A text of a file of credentials, or undefined where there is no such file. */
export async function readAuthText(path: string): Promise<string | undefined> {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(await readFile(path));
  } catch (error) {
    if (!(error instanceof Error && "code" in error)) throw error;
    if (error.code === "ENOENT" || error.code === "ENOTDIR") return undefined;
    if (error.code === "ERR_ENCODING_INVALID_ENCODED_DATA") throw unreadable(path, "it is not UTF-8");
    // "EACCES: permission denied, open '…'": the path is in our message already.
    throw unreadable(path, error.message.replace(/, .*/s, ""));
  }
}

/**
 * Reads docker's or podman's file of credentials. A malformed entry of `auths` fails only who looks it up,
 * as with skopeo, regctl and oras: it may be of a host that this run has nothing to do with.
 * @throws {StoreError} CREDENTIALS with the path, and the place of what is wrong; never with what is written there.
 */
export function parseAuthFile(text: string, path: string): AuthFile {
  const document = objectAt(parseJson(text, path), path, "the document");
  const auths = new Map<string, Credential | StoreError | undefined>();
  for (const [key, entry] of Object.entries(objectAt(document["auths"] ?? {}, path, '"auths"'))) {
    auths.set(key, authEntry(entry, path, key));
  }
  const credHelpers = new Map<string, HelperChoice | undefined>();
  for (const [key, name] of Object.entries(objectAt(document["credHelpers"] ?? {}, path, '"credHelpers"'))) {
    const parsed = parseAuthKey(key);
    const registry = parsed.kind === "registry" ? parsed.registry : parsed.namespace;
    const setting = `credHelpers["${shownKey(key)}"]`;
    const helper = helperChoice(name, path, setting);
    // A key that is exactly the registry's name wins over an older spelling of it.
    if (key === registry || !credHelpers.has(registry)) credHelpers.set(registry, helper);
  }
  return { path, document, auths, credHelpers, credsStore: helperChoice(document["credsStore"], path, "credsStore") };
}

/** The helper that keeps a registry's credential: its own, else the one for all. Undefined: the file itself. */
export function helperOf(file: AuthFile, host: string): HelperChoice | undefined {
  const registry = registryName(host);
  return file.credHelpers.has(registry) ? file.credHelpers.get(registry) : file.credsStore;
}

/**
 * The credential under podman's keys for the repository or a namespace around it, the longest first.
 * @throws {StoreError} CREDENTIALS if that entry is malformed.
 */
export function findNamespaced(file: AuthFile, host: string, repository: string | undefined): Credential | undefined {
  for (const namespace of namespacesOf(host, repository)) {
    for (const [key, credential] of file.auths) {
      const parsed = parseAuthKey(key);
      if (credential !== undefined && parsed.kind === "namespace" && parsed.namespace === namespace) {
        return wellFormed(credential);
      }
    }
  }
  return undefined;
}

/**
 * The credential for the whole registry: under exactly this key, else under another spelling of it.
 * @throws {StoreError} CREDENTIALS if that entry is malformed.
 */
export function findRegistry(file: AuthFile, host: string): Credential | undefined {
  const exact = file.auths.get(host);
  if (exact !== undefined) return wellFormed(exact);
  for (const key of registryKeys(file.auths.keys(), host)) {
    const credential = file.auths.get(key);
    if (credential !== undefined) return wellFormed(credential);
  }
  return undefined;
}

/**
 * Checks the entry of `auths` for a host where it is surely looked up: no helper and no entry for a part of the
 * host comes before it. Without a host, checks every entry.
 * @throws {StoreError} CREDENTIALS for the first that is malformed.
 */
export function checkEntries(file: AuthFile, host?: string): void {
  if (host === undefined) {
    for (const entry of file.auths.values()) wellFormed(entry);
  } else if (helperOf(file, host) === undefined && !hasNamespaces(file, host)) {
    findRegistry(file, host);
  }
}

function hasNamespaces(file: AuthFile, host: string): boolean {
  return [...file.auths.keys()].some((key) => {
    const parsed = parseAuthKey(key);
    return parsed.kind === "namespace" && parsed.namespace.startsWith(`${registryName(host)}/`);
  });
}

function wellFormed(entry: Credential | StoreError | undefined): Credential | undefined {
  if (entry instanceof StoreError) throw entry;
  return entry;
}

/** The keys that stand for this whole registry, in the file's order. */
export function registryKeys(keys: Iterable<string>, host: string): readonly string[] {
  const name = registryName(host);
  return [...keys].filter((key) => {
    const parsed = parseAuthKey(key);
    return parsed.kind === "registry" && parsed.registry === name;
  });
}

/** An object, not null and not a list. */
export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function parseJson(text: string, path: string): unknown {
  try {
    return parseJsonText(text);
  } catch (error) {
    // The engine's error quotes the text around the fault, so it is neither shown nor kept as the cause.
    const fault = findJsonFault(text);
    const place = fault === undefined ? "" : ` at line ${fault.line}, column ${fault.column}`;
    throw unreadable(path, text.trim() === "" ? "it is empty" : whyNotJson(error, `it is not JSON${place}`));
  }
}

function authEntry(entry: unknown, path: string, key: string): Credential | StoreError | undefined {
  const where = `"auths"["${shownKey(key)}"]`;
  try {
    return decodeAuthEntry(objectAt(entry ?? {}, path, where));
  } catch (error) {
    if (error instanceof StoreError) return error;
    if (error instanceof SyntaxError) return unreadable(path, `in ${where}, ${error.message}`);
    throw error;
  }
}

function helperChoice(name: unknown, path: string, setting: string): HelperChoice | undefined {
  if (name === undefined || name === null || name === "") return undefined;
  if (typeof name !== "string") throw unreadable(path, `${setting} is not a string`);
  // The name becomes a part of a program's name: with a separator in it, it could start any program.
  if (!/^[\w][\w.-]*$/.test(name)) throw unreadable(path, `${setting} is not the name of a credential helper`);
  return { name, namedBy: `${setting} in "${path}"` };
}

function objectAt(value: unknown, path: string, where: string): Readonly<Record<string, unknown>> {
  if (!isObject(value)) throw unreadable(path, `${where} is not an object`);
  return value;
}

function unreadable(path: string, detail: string): StoreError {
  return new StoreError("CREDENTIALS", `Cannot read credentials from "${path}": ${detail}`);
}
