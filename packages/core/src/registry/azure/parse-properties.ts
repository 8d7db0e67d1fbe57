import {
  type JsonObject,
  optional,
  parseArray,
  parseDigestField,
  parseMediaType,
  parseObject,
  parseSize,
  parseString,
  shown,
} from "../../content/parse-descriptor.ts";
import { parseRfc3339 } from "../../content/rfc3339.ts";
import type {
  ChangeableProperties,
  ManifestProperties,
  RelatedArtifact,
  RepositoryProperties,
  TagProperties,
} from "./properties.ts";

/** Reads the names of `GET /acr/v1/_catalog`. @throws {SyntaxError} naming the field. */
export function parseRepositoryNames(document: unknown): readonly string[] {
  const names = listIn(parseObject(document, "the answer"), "repositories");
  return names.map((name, index) => parseString(name, `repositories[${index}]`));
}

/** Reads the answer of `/acr/v1/NAME`. @throws {SyntaxError} naming the field. */
export function parseRepositoryProperties(document: unknown): RepositoryProperties {
  const fields = parseObject(document, "the answer");
  return {
    registryLoginServer: parseString(fields["registry"], "registry"),
    name: parseString(fields["imageName"], "imageName"),
    createdOn: parseDate(fields["createdTime"], "createdTime"),
    lastUpdatedOn: parseDate(fields["lastUpdateTime"], "lastUpdateTime"),
    // Left out where they are 0.
    manifestCount: optional(fields["manifestCount"], "manifestCount", parseCount) ?? 0,
    tagCount: optional(fields["tagCount"], "tagCount", parseCount) ?? 0,
    ...parseChangeable(fields),
  };
}

/** Reads the answer of `/acr/v1/NAME/_manifests/DIGEST`. @throws {SyntaxError} naming the field. */
export function parseManifestAnswer(document: unknown): ManifestProperties {
  const fields = parseObject(document, "the answer");
  return { ...parsePlace(fields), ...parseManifest(fields["manifest"], "manifest") };
}

/** Reads a page of `/acr/v1/NAME/_manifests`. @throws {SyntaxError} naming the field. */
export function parseManifestList(document: unknown): readonly ManifestProperties[] {
  const fields = parseObject(document, "the answer");
  return listIn(fields, "manifests").map((item, index) => ({
    ...parsePlace(fields),
    ...parseManifest(item, `manifests[${index}]`),
  }));
}

/** Reads the answer of `/acr/v1/NAME/_tags/TAG`. @throws {SyntaxError} naming the field. */
export function parseTagAnswer(document: unknown): TagProperties {
  const fields = parseObject(document, "the answer");
  return { ...parsePlace(fields), ...parseTag(fields["tag"], "tag") };
}

/** Reads a page of `/acr/v1/NAME/_tags`. @throws {SyntaxError} naming the field. */
export function parseTagList(document: unknown): readonly TagProperties[] {
  const fields = parseObject(document, "the answer");
  return listIn(fields, "tags").map((item, index) => ({ ...parsePlace(fields), ...parseTag(item, `tags[${index}]`) }));
}

function parseManifest(
  value: unknown,
  path: string,
): Omit<ManifestProperties, "registryLoginServer" | "repositoryName"> {
  const fields = parseObject(value, path);
  return {
    digest: parseDigestField(fields["digest"], `${path}.digest`),
    mediaType: optional(fields["mediaType"], `${path}.mediaType`, parseMediaType),
    configMediaType: optional(fields["configMediaType"], `${path}.configMediaType`, parseMediaType),
    sizeInBytes: optional(fields["imageSize"], `${path}.imageSize`, parseSize),
    createdOn: parseDate(fields["createdTime"], `${path}.createdTime`),
    lastUpdatedOn: parseDate(fields["lastUpdateTime"], `${path}.lastUpdateTime`),
    architecture: optional(fields["architecture"], `${path}.architecture`, parseString),
    operatingSystem: optional(fields["os"], `${path}.os`, parseString),
    tags: listIn(fields, "tags", path).map((tag, index) => parseString(tag, `${path}.tags[${index}]`)),
    relatedArtifacts: listIn(fields, "references", path).map((item, index) =>
      parseRelated(item, `${path}.references[${index}]`),
    ),
    ...parseChangeable(fields, path),
  };
}

function parseRelated(value: unknown, path: string): RelatedArtifact {
  const fields = parseObject(value, path);
  return {
    digest: parseDigestField(fields["digest"], `${path}.digest`),
    architecture: optional(fields["architecture"], `${path}.architecture`, parseString),
    operatingSystem: optional(fields["os"], `${path}.os`, parseString),
  };
}

function parseTag(value: unknown, path: string): Omit<TagProperties, "registryLoginServer" | "repositoryName"> {
  const fields = parseObject(value, path);
  return {
    name: parseString(fields["name"], `${path}.name`),
    digest: parseDigestField(fields["digest"], `${path}.digest`),
    createdOn: parseDate(fields["createdTime"], `${path}.createdTime`),
    lastUpdatedOn: parseDate(fields["lastUpdateTime"], `${path}.lastUpdateTime`),
    ...parseChangeable(fields, path),
  };
}

function parsePlace(fields: JsonObject): Pick<TagProperties, "registryLoginServer" | "repositoryName"> {
  return {
    registryLoginServer: parseString(fields["registry"], "registry"),
    repositoryName: parseString(fields["imageName"], "imageName"),
  };
}

function parseChangeable(fields: JsonObject, path?: string): ChangeableProperties {
  const at = path === undefined ? "changeableAttributes" : `${path}.changeableAttributes`;
  const attributes = optional(fields["changeableAttributes"], at, parseObject) ?? {};
  const flag = (name: string): boolean | undefined => optional(attributes[name], `${at}.${name}`, parseBoolean);
  return {
    canDelete: flag("deleteEnabled"),
    canWrite: flag("writeEnabled"),
    canList: flag("listEnabled"),
    canRead: flag("readEnabled"),
  };
}

/** An absent list, and Go's null, are empty ones. */
function listIn(fields: JsonObject, name: string, path?: string): readonly unknown[] {
  return optional(fields[name], path === undefined ? name : `${path}.${name}`, parseArray) ?? [];
}

/** RFC 3339; ACR writes seven digits of a second, of which three are kept. */
function parseDate(value: unknown, path: string): Date {
  const text = parseString(value, path);
  const date = parseRfc3339(text);
  if (date !== undefined && text.includes("T")) return date;
  throw new SyntaxError(`${path}: expected a time, got ${shown(value)}`);
}

function parseCount(value: unknown, path: string): number {
  if (typeof value === "number" && Number.isSafeInteger(value) && value >= 0) return value;
  throw new SyntaxError(`${path}: expected a count, got ${shown(value)}`);
}

function parseBoolean(value: unknown, path: string): boolean {
  if (typeof value === "boolean") return value;
  throw new SyntaxError(`${path}: expected true or false, got ${shown(value)}`);
}
