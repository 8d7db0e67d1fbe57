import { StoreError } from "../errors.ts";
import { digestOf } from "./digest.ts";
import { type ImageManifest, type IndexManifest, MAX_MANIFEST_BYTES, type Manifest } from "./manifest.ts";
import {
  isImageMediaType,
  isIndexMediaType,
  isManifestMediaType,
  isSchema1MediaType,
  OCI_ARTIFACT_MANIFEST,
  OCI_INDEX,
  OCI_MANIFEST,
} from "./media-types.ts";
import {
  type JsonObject,
  optional,
  parseAnnotations,
  parseArray,
  parseDescriptor,
  parseMediaType,
  parseObject,
  shown,
} from "./parse-descriptor.ts";
import { parseJson as parseJsonText, whyNotJson } from "./parse-json.ts";
import { quoted } from "./quoted.ts";

/** The fields that tell one kind of document from another. */
const FIELDS_OF_IMAGES = ["config", "layers"];
const FIELDS_OF_INDEXES = ["manifests"];
const FIELDS_OF_SCHEMA1 = ["fsLayers", "history"];

/**
 * Reads a manifest: OCI image or index, Docker v2 schema 2 or list, an artifact of any type. The bytes stay what is stored and sent; this is what they mean.
 *
 * Its media type is the body's `mediaType`; else `mediaType`, the response's Content-Type or the parent's word; else, as OCI's, what the fields say. A
 * document that one reader may take for an image and another for an index is refused, whoever says what it is (CVE-2021-41190, GHSA-mc8v-mgrf-8f4m):
 * fields of both, a `mediaType` that is not that of the fields, an image served as an index.
 *
 * The artifact manifest that image-spec dropped before 1.1.0 is refused, not read: a third kind of document for everything that walks, and no current registry takes it.
 * @param action what messages say could not be done: `push a manifest to "r.example/app"`. Default: reading it.
 * @throws {StoreError} MANIFEST_TOO_LARGE over 4 MiB; MANIFEST_UNSUPPORTED for schema 1, the dropped artifact manifest and an unknown `mediaType`;
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
    return readManifest(parseJson(bytes), baseType(mediaType));
  } catch (error) {
    if (!(error instanceof SyntaxError) && !(error instanceof Unsupported)) throw error;
    const code = error instanceof Unsupported ? "MANIFEST_UNSUPPORTED" : "MANIFEST_INVALID";
    throw new StoreError(code, `Cannot ${action ?? `read manifest "${digestOf(bytes)}"`}: ${error.message}`);
  }
}

/** A document that is understood well enough to say that it isn't handled. */
class Unsupported extends Error {}

function readManifest(body: JsonObject, served: string | undefined): Manifest {
  const declared = optional(body["mediaType"], "mediaType", parseMediaType);
  refuseUnsupported(body, declared ?? served);
  if (body["schemaVersion"] !== 2) {
    throw new SyntaxError(`schemaVersion: expected 2, got ${shown(body["schemaVersion"])}`);
  }
  if (declared !== undefined && !isManifestMediaType(declared)) {
    throw new Unsupported(`mediaType: ${quoted(declared)} is no type of manifest that is known`);
  }
  if (declared !== undefined && served !== undefined && isIndexMediaType(declared) !== isIndexMediaType(served)) {
    throw new SyntaxError(`mediaType: it says ${quoted(declared)}, but ${quoted(served)} is expected`);
  }
  const type = declared ?? served ?? inferType(body);
  refuseFieldsOfOthers(body, type);
  return isIndexMediaType(type) ? readIndex(body, type) : readImage(body, type);
}

function refuseUnsupported(body: JsonObject, type: string | undefined): void {
  if (body["schemaVersion"] === 1 || (type !== undefined && isSchema1MediaType(type))) {
    throw new Unsupported(
      "it is a Docker schema 1 manifest, which current registries refuse; build the image again or convert it with `skopeo copy --format v2s2`",
    );
  }
  if (type === OCI_ARTIFACT_MANIFEST) {
    throw new Unsupported(
      "it is an OCI artifact manifest, dropped from image-spec before 1.1.0; push the artifact again as an image manifest with an artifactType",
    );
  }
}

function inferType(body: JsonObject): string {
  if (FIELDS_OF_IMAGES.some((field) => body[field] != null)) return OCI_MANIFEST;
  // Go writes an empty list that was never made as null.
  if ("manifests" in body) return OCI_INDEX;
  throw new SyntaxError('it has neither "config" and "layers" nor "manifests"');
}

/** Go's JSON takes "Layers" for "layers" where ours doesn't: what only differs in case counts as the field. */
function refuseFieldsOfOthers(body: JsonObject, type: string): void {
  const own = isIndexMediaType(type) ? FIELDS_OF_INDEXES : FIELDS_OF_IMAGES;
  for (const key of Object.keys(body)) {
    const field = [...FIELDS_OF_IMAGES, ...FIELDS_OF_INDEXES, ...FIELDS_OF_SCHEMA1].find(
      (known) => known.toLowerCase() === key.toLowerCase(),
    );
    if (field === undefined || body[key] === null || (own.includes(field) && field === key)) continue;
    throw new SyntaxError(
      `${quoted(key)}: a manifest of type ${quoted(type)} can't have it, it could be read in two ways`,
    );
  }
}

function readImage(body: JsonObject, mediaType: string): ImageManifest {
  const layers = body["layers"] === null ? [] : parseArray(body["layers"], "layers");
  return {
    kind: "image",
    mediaType,
    config: parseDescriptor(body["config"], "config"),
    layers: layers.map((layer, index) => parseDescriptor(layer, `layers[${index}]`)),
    ...readCommon(body),
  };
}

function readIndex(body: JsonObject, mediaType: string): IndexManifest {
  const manifests = body["manifests"] === null ? [] : parseArray(body["manifests"], "manifests");
  return {
    kind: "index",
    mediaType,
    manifests: manifests.map((manifest, index) => parseDescriptor(manifest, `manifests[${index}]`)),
    ...readCommon(body),
  };
}

function readCommon(body: JsonObject): Pick<ImageManifest, "artifactType" | "subject" | "annotations"> {
  const artifactType = optional(body["artifactType"], "artifactType", parseMediaType);
  const subject = optional(body["subject"], "subject", parseDescriptor);
  const annotations = optional(body["annotations"], "annotations", parseAnnotations);
  return {
    ...(artifactType !== undefined && { artifactType }),
    ...(subject !== undefined && { subject }),
    ...(annotations !== undefined && { annotations }),
  };
}

function parseJson(bytes: Uint8Array): JsonObject {
  let value: unknown;
  try {
    value = parseJsonText(new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes));
  } catch (error) {
    // V8's message quotes the document, of any length and with any character.
    const isPage = bytes[0] === "<".charCodeAt(0);
    const page = isPage ? ", but looks like HTML: a page of a proxy, or of a login?" : "";
    throw new SyntaxError(whyNotJson(error, `it is no JSON${page}`));
  }
  return parseObject(value, "the document");
}

/** Without parameters; undefined for what says nothing about the document (`application/json`, `text/plain`). */
function baseType(mediaType: string | undefined): string | undefined {
  const type = mediaType?.split(";", 1)[0]?.trim().toLowerCase() ?? "";
  const known = isImageMediaType(type) || isIndexMediaType(type) || isSchema1MediaType(type);
  return known || type === OCI_ARTIFACT_MANIFEST ? type : undefined;
}
