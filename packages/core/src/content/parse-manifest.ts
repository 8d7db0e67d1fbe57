import { isUtf8 } from "node:buffer";
import { digestOf } from "../digest/digest.ts";
import { StoreError } from "../errors/errors.ts";
import { quoted } from "../text/quoted.ts";
import type { Descriptor } from "./descriptor.ts";
import { type ImageManifest, type IndexManifest, MAX_MANIFEST_BYTES, type Manifest } from "./manifest.ts";
import {
  isIndexMediaType,
  isManifestMediaType,
  isSchema1MediaType,
  OCI_ARTIFACT_MANIFEST,
  OCI_INDEX,
  OCI_MANIFEST,
} from "./media-types.ts";
import { refuseAmbiguousMembers } from "./member-names.ts";
import {
  type JsonObject,
  type OnOddity,
  optional,
  parseAnnotations,
  parseArray,
  parseDescriptor,
  parseMediaType,
  parseObject,
  passOver,
  shown,
} from "./parse-descriptor.ts";
import { parseJson as parseJsonText, whyNotJson } from "./parse-json.ts";

/** The fields that tell one kind of document from another. */
const FIELDS_OF_IMAGES = ["config", "layers"];
const FIELDS_OF_ARTIFACTS = ["blobs"];
const FIELDS_OF_INDEXES = ["manifests"];
const ALL_FIELDS = [...FIELDS_OF_IMAGES, ...FIELDS_OF_ARTIFACTS, ...FIELDS_OF_INDEXES];

/**
 * Reads a manifest: OCI image or index, Docker v2 schema 2 or list, an artifact of any type, also the artifact manifest that image-spec dropped before 1.1.0.
 * The bytes stay what is stored and sent; this is what they mean, as far as a copy needs it: `oddities` names what else is not as the spec says.
 *
 * Its media type is the body's `mediaType`; else `mediaType`, the response's Content-Type or the parent's word; else, as OCI's, what the fields say.
 *
 * Refused is what two readers may take for two things (CVE-2021-41190, GHSA-mc8v-mgrf-8f4m): fields of an image and
 * of an index, a `mediaType` that is not that of the fields, an image served as an index, a member that is there twice or
 * in another case.
 * @param action what messages say could not be done: `push a manifest to "r.example/app"`. Default: reading it.
 * @throws {StoreError} MANIFEST_TOO_LARGE over 4 MiB; MANIFEST_UNSUPPORTED for schema 1 and for a type whose children are not known;
 * MANIFEST_INVALID, naming the field, for all else.
 */
export function parseManifest(bytes: Uint8Array, mediaType?: string, action?: string): Manifest {
  if (bytes.length > MAX_MANIFEST_BYTES) {
    throw new StoreError(
      "MANIFEST_TOO_LARGE",
      `Cannot ${action ?? "read a manifest"}: it has ${bytes.length} bytes, and a manifest has at most ${MAX_MANIFEST_BYTES}`,
    );
  }
  try {
    const oddities: string[] = [];
    const body = parseJson(bytes, (oddity) => oddities.push(oddity));
    const manifest = readManifest(body, baseType(mediaType), (oddity) => oddities.push(oddity));
    return oddities.length === 0 ? manifest : { ...manifest, oddities: [...new Set(oddities)] };
  } catch (error) {
    if (!(error instanceof SyntaxError) && !(error instanceof Unsupported)) throw error;
    const code = error instanceof Unsupported ? "MANIFEST_UNSUPPORTED" : "MANIFEST_INVALID";
    throw new StoreError(code, `Cannot ${action ?? `read manifest "${digestOf(bytes)}"`}: ${error.message}`);
  }
}

/** A document that is understood well enough to say that it isn't handled. */
class Unsupported extends Error {}

function readManifest(body: JsonObject, served: string | undefined, onOddity: OnOddity): Manifest {
  const declared = readDeclaredType(body, onOddity);
  refuseUnsupported(body, declared ?? served);
  checkSchemaVersion(body, declared ?? served, onOddity);
  if (declared !== undefined && !isManifestMediaType(declared)) {
    throw new Unsupported(
      `mediaType: ${quoted(declared)} is no type of manifest that is known, so that nobody can tell what it needs`,
    );
  }
  if (declared !== undefined && served !== undefined && isIndexMediaType(declared) !== isIndexMediaType(served)) {
    throw new SyntaxError(`mediaType: it says ${quoted(declared)}, but ${quoted(served)} is expected`);
  }
  const type = declared ?? served ?? inferType(body);
  refuseFieldsOfOthers(body, type);
  return isIndexMediaType(type) ? readIndex(body, type, onOddity) : readImage(body, type, onOddity);
}

/** Without parameters, which some tools write. */
function readDeclaredType(body: JsonObject, onOddity: OnOddity): string | undefined {
  const declared = optional(body["mediaType"], "mediaType", parseMediaType);
  const known = baseType(declared);
  if (declared === undefined || known === undefined || known === declared) return declared;
  onOddity(`mediaType: ${quoted(declared)} is read as ${quoted(known)}`);
  return known;
}

function refuseUnsupported(body: JsonObject, type: string | undefined): void {
  if (body["schemaVersion"] === 1 || (type !== undefined && isSchema1MediaType(type))) {
    throw new Unsupported(
      "it is a Docker schema 1 manifest, which current registries refuse; build the image again or convert it with `skopeo copy --format v2s2`",
    );
  }
}

/** The dropped artifact manifest has none. */
function checkSchemaVersion(
  { schemaVersion: version }: JsonObject,
  type: string | undefined,
  onOddity: OnOddity,
): void {
  if (version === 2 || (version === undefined && type === OCI_ARTIFACT_MANIFEST)) return;
  if (version !== undefined && version !== null && version !== "2")
    throw new SyntaxError(`schemaVersion: expected 2, got ${shown(version)}`);
  onOddity(`schemaVersion: expected 2, got ${shown(version)}`);
}

function inferType(body: JsonObject): string {
  if (FIELDS_OF_IMAGES.some((field) => body[field] != null)) return OCI_MANIFEST;
  // Go writes an empty list that was never made as null.
  if ("manifests" in body) return OCI_INDEX;
  throw new SyntaxError('it has neither "config" and "layers" nor "manifests"');
}

function refuseFieldsOfOthers(body: JsonObject, type: string): void {
  const own = fieldsOf(type);
  for (const field of ALL_FIELDS) {
    if (own.includes(field) || body[field] == null) continue;
    throw new SyntaxError(
      `${quoted(field)}: a manifest of type ${quoted(type)} can't have it, it could be read in two ways`,
    );
  }
}

function fieldsOf(type: string): readonly string[] {
  if (isIndexMediaType(type)) return FIELDS_OF_INDEXES;
  return type === OCI_ARTIFACT_MANIFEST ? FIELDS_OF_ARTIFACTS : FIELDS_OF_IMAGES;
}

function readImage(body: JsonObject, mediaType: string, onOddity: OnOddity): ImageManifest {
  const isArtifact = mediaType === OCI_ARTIFACT_MANIFEST;
  const [config, layers] = isArtifact ? [undefined, "blobs"] : [body["config"], "layers"];
  if (!isArtifact && config == null && body[layers] == null)
    throw new SyntaxError('it has neither "config" nor "layers", and names no content at all');
  if (!isArtifact && config == null) onOddity("config: it is missing");
  if (!isArtifact && body[layers] === undefined) onOddity(`${layers}: it is missing`);
  return {
    kind: "image",
    mediaType,
    ...(config == null ? {} : { config: parseDescriptor(config, "config", onOddity) }),
    layers: readList(body, layers, onOddity),
    ...readCommon(body, onOddity),
  };
}

function readIndex(body: JsonObject, mediaType: string, onOddity: OnOddity): IndexManifest {
  if (body["manifests"] === undefined) throw new SyntaxError("manifests: expected an array, got nothing");
  return { kind: "index", mediaType, manifests: readList(body, "manifests", onOddity), ...readCommon(body, onOddity) };
}

/** Go writes an empty list that was never made as null, and may leave it out. */
function readList(body: JsonObject, name: string, onOddity: OnOddity): readonly Descriptor[] {
  const items = body[name] == null ? [] : parseArray(body[name], name);
  return items.map((item, index) => parseDescriptor(item, `${name}[${index}]`, onOddity));
}

function readCommon(
  body: JsonObject,
  onOddity: OnOddity,
): Pick<ImageManifest, "artifactType" | "subject" | "annotations"> {
  const artifactType = passOver(() => optional(body["artifactType"], "artifactType", parseMediaType), onOddity);
  const subject = optional(body["subject"], "subject", (value, path) => parseDescriptor(value, path, onOddity));
  const annotations = passOver(
    () => optional(body["annotations"], "annotations", (value, path) => parseAnnotations(value, path, onOddity)),
    onOddity,
  );
  return {
    ...(artifactType !== undefined && { artifactType }),
    ...(subject !== undefined && { subject }),
    ...(annotations !== undefined && { annotations }),
  };
}

const BYTE_ORDER_MARK = 0xfeff;

function parseJson(bytes: Uint8Array, onOddity: OnOddity): JsonObject {
  const text = new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes);
  let value: unknown;
  try {
    value = parseJsonText(text);
  } catch (error) {
    // V8's message quotes the document, of any length and with any character.
    if (text.codePointAt(0) === BYTE_ORDER_MARK)
      throw new SyntaxError("it begins with a byte order mark, which no engine reads as JSON");
    const page = text.startsWith("<") ? ", but looks like HTML: a page of a proxy, or of a login?" : "";
    throw new SyntaxError(whyNotJson(error, `it is no JSON${page}`));
  }
  const body = parseObject(value, "the document");
  refuseAmbiguousMembers(text);
  if (!isUtf8(bytes)) onOddity("it has bytes that are not UTF-8");
  return body;
}

/** Without parameters; undefined for what says nothing about the document (`application/json`, `text/plain`). */
function baseType(mediaType: string | undefined): string | undefined {
  const type = mediaType?.split(";", 1)[0]?.trim().toLowerCase() ?? "";
  return isManifestMediaType(type) || isSchema1MediaType(type) ? type : undefined;
}
