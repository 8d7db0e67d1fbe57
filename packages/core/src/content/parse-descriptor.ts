import { algorithmOf, type Digest, digestOf, parseDigest } from "../digest/digest.ts";
import { quoted } from "../text/quoted.ts";
import { type Descriptor, hasSize, type Platform, UNKNOWN_SIZE } from "./descriptor.ts";

/** An object of JSON before its fields were looked at. */
export type JsonObject = Readonly<Record<string, unknown>>;

/** Told of what a document has that the spec does not allow, and that changes nothing for a copy: it is passed over. */
export type OnOddity = (oddity: string) => void;

/**
 * Checks a descriptor that came from outside: the digest, and the size and URLs where they are there.
 * What else is not as the spec says is left out and told to `onOddity`; unknown fields are left out, and an
 * optional field that is null or "" counts as absent, as Go's readers see it.
 * Spec: image-spec v1.1.1, "OCI Content Descriptors".
 * @param path what the message calls it: `layers[3]`.
 * @throws {SyntaxError} naming the field.
 */
export function parseDescriptor(value: unknown, path = "descriptor", onOddity: OnOddity = () => {}): Descriptor {
  const fields = parseObject(value, path);
  const lenient = <T>(name: string, parse: (value: unknown, path: string, onOddity: OnOddity) => T): T | undefined =>
    passOver(() => optional(fields[name], `${path}.${name}`, (field, at) => parse(field, at, onOddity)), onOddity);
  const digest = parseDigestField(fields["digest"], `${path}.digest`);
  const urls = optional(fields["urls"], `${path}.urls`, parseStrings);
  const annotations = lenient("annotations", parseAnnotations);
  const platform = lenient("platform", parsePlatformObject);
  const artifactType = lenient("artifactType", parseMediaType);
  const size = parseStatedSize(fields["size"], `${path}.size`, onOddity);
  // Unlike elsewhere "" is a value here: the data of an empty blob.
  const data =
    fields["data"] == null
      ? undefined
      : passOver(() => parseData(fields["data"], `${path}.data`, { digest, size }), onOddity);
  return {
    mediaType: passOver(() => parseMediaType(fields["mediaType"], `${path}.mediaType`), onOddity) ?? "",
    digest,
    size: size === UNKNOWN_SIZE && data !== undefined ? Buffer.byteLength(data, "base64") : size,
    ...(urls !== undefined && { urls }),
    ...(annotations !== undefined && { annotations }),
    ...(data !== undefined && { data }),
    ...(platform !== undefined && { platform }),
    ...(artifactType !== undefined && { artifactType }),
  };
}

/** What `parse` gives; undefined where it finds something wrong, which is told. */
export function passOver<T>(parse: () => T, onOddity: OnOddity): T | undefined {
  try {
    return parse();
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    onOddity(error.message);
    return undefined;
  }
}

function parseStatedSize(value: unknown, path: string, onOddity: OnOddity): number {
  if (value !== undefined && value !== null) return parseSize(value, path);
  onOddity(`${path}: it is missing`);
  return UNKNOWN_SIZE;
}

/** The content of the descriptor in base64. @throws {SyntaxError} where it is other content. */
function parseData(value: unknown, path: string, { digest, size }: Pick<Descriptor, "digest" | "size">): string {
  const text = parseString(value, path);
  const bytes = Buffer.from(text, "base64");
  // Buffer skips what it can't decode; only what encodes back to the same text was base64.
  if (bytes.toString("base64") !== text) throw new SyntaxError(`${path}: it is no base64`);
  if (hasSize({ size }, bytes.length) && digestOf(bytes, algorithmOf(digest)) === digest) return text;
  throw new SyntaxError(`${path}: it is not the content of "${digest}"`);
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

/** The annotations that are text; others are told to `onOddity`. @throws {SyntaxError} for what is no object. */
export function parseAnnotations(
  value: unknown,
  path: string,
  onOddity: OnOddity = () => {},
): Readonly<Record<string, string>> {
  const entries = Object.entries(parseObject(value, path)).flatMap(([key, text]) => {
    const read = passOver(() => parseString(text, `${path}[${quoted(key)}]`), onOddity);
    return read === undefined ? [] : [[key, read] as const];
  });
  // fromEntries defines its properties: a key "__proto__" stays a key.
  return Object.fromEntries(entries);
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
