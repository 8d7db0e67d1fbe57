import type { Descriptor, Platform } from "./descriptor.ts";
import { type Digest, parseDigest } from "./digest.ts";
import { quoted } from "./quoted.ts";

/** An object of JSON before its fields were looked at. */
export type JsonObject = Readonly<Record<string, unknown>>;

/**
 * Checks a descriptor that came from outside. Unknown fields are left out; an optional field that is null or "" counts as absent, as Go's readers see it.
 * Spec: image-spec v1.1.1, "OCI Content Descriptors".
 * @param path what the message calls it: `layers[3]`.
 * @throws {SyntaxError} naming the field.
 */
export function parseDescriptor(value: unknown, path = "descriptor"): Descriptor {
  const fields = parseObject(value, path);
  const urls = optional(fields["urls"], `${path}.urls`, parseStrings);
  const annotations = optional(fields["annotations"], `${path}.annotations`, parseAnnotations);
  const platform = optional(fields["platform"], `${path}.platform`, parsePlatformObject);
  const artifactType = optional(fields["artifactType"], `${path}.artifactType`, parseMediaType);
  // Unlike elsewhere "" is a value here: the data of an empty blob.
  const data = fields["data"] == null ? undefined : parseString(fields["data"], `${path}.data`);
  return {
    mediaType: parseMediaType(fields["mediaType"], `${path}.mediaType`),
    digest: parseDigestField(fields["digest"], `${path}.digest`),
    size: parseSize(fields["size"], `${path}.size`),
    ...(urls !== undefined && { urls }),
    ...(annotations !== undefined && { annotations }),
    ...(data !== undefined && { data }),
    ...(platform !== undefined && { platform }),
    ...(artifactType !== undefined && { artifactType }),
  };
}

/**
 * Checks the `platform` of a descriptor. `os` and `architecture` are required by the spec, yet indexes without them are about; they count as "", which no
 * platform that a user can name matches, so that such an index can still be copied whole.
 * @throws {SyntaxError} naming the field.
 */
export function parsePlatformObject(value: unknown, path = "platform"): Platform {
  const fields = parseObject(value, path);
  const variant = optional(fields["variant"], `${path}.variant`, parseString);
  const osVersion = optional(fields["os.version"], `${path}["os.version"]`, parseString);
  const osFeatures = optional(fields["os.features"], `${path}["os.features"]`, parseStrings);
  return {
    os: optional(fields["os"], `${path}.os`, parseString) ?? "",
    architecture: optional(fields["architecture"], `${path}.architecture`, parseString) ?? "",
    ...(variant !== undefined && { variant }),
    ...(osVersion !== undefined && { "os.version": osVersion }),
    ...(osFeatures !== undefined && { "os.features": osFeatures }),
  };
}

/** @throws {SyntaxError} unless every value is a string. */
export function parseAnnotations(value: unknown, path: string): Readonly<Record<string, string>> {
  const entries = Object.entries(parseObject(value, path));
  // fromEntries defines its properties: a key "__proto__" stays a key.
  return Object.fromEntries(entries.map(([key, text]) => [key, parseString(text, `${path}[${quoted(key)}]`)]));
}

/**
 * Printable ASCII, since it goes into headers. Nothing stricter: types in use break RFC 6838 (`application/vnd.dev.sigstore.bundle+json;version=0.2`).
 * @throws {SyntaxError} naming the field.
 */
export function parseMediaType(value: unknown, path: string): string {
  const text = parseString(value, path);
  if (!/^[\x21-\x7e](?:[\x20-\x7e]{0,253}[\x21-\x7e])?$/.test(text)) {
    throw new SyntaxError(`${path}: expected a media type, got ${quoted(text)}`);
  }
  return text;
}

/** @throws {SyntaxError} naming what is no object. */
export function parseObject(value: unknown, path: string): JsonObject {
  if (isObject(value)) return value;
  throw new SyntaxError(`${path}: expected an object, got ${shown(value)}`);
}

/** @throws {SyntaxError} naming what is no array. */
export function parseArray(value: unknown, path: string): readonly unknown[] {
  if (Array.isArray(value)) return value;
  throw new SyntaxError(`${path}: expected an array, got ${shown(value)}`);
}

/** What `parse` makes of the value; undefined where it is missing, null or "". */
export function optional<T>(value: unknown, path: string, parse: (value: unknown, path: string) => T): T | undefined {
  return value === undefined || value === null || value === "" ? undefined : parse(value, path);
}

/** A value as a message shows it. */
export function shown(value: unknown): string {
  if (value === undefined) return "nothing";
  if (Array.isArray(value)) return "an array";
  if (isObject(value)) return "an object";
  return typeof value === "string" ? quoted(value) : String(value);
}

function isObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** @throws {SyntaxError} naming what is no string. */
export function parseString(value: unknown, path: string): string {
  if (typeof value === "string") return value;
  throw new SyntaxError(`${path}: expected a string, got ${shown(value)}`);
}

function parseStrings(value: unknown, path: string): readonly string[] {
  return parseArray(value, path).map((item, index) => parseString(item, `${path}[${index}]`));
}

/** @throws {SyntaxError} naming the field. */
export function parseDigestField(value: unknown, path: string): Digest {
  const text = parseString(value, path);
  try {
    return parseDigest(text);
  } catch (error) {
    throw error instanceof SyntaxError ? new SyntaxError(`${path}: ${error.message}`) : error;
  }
}

/** Bytes. @throws {SyntaxError} naming the field. */
export function parseSize(value: unknown, path: string): number {
  if (typeof value === "number" && Number.isSafeInteger(value) && value >= 0) return value;
  throw new SyntaxError(`${path}: expected a number of bytes from 0 to 2^53 - 1, got ${shown(value)}`);
}
