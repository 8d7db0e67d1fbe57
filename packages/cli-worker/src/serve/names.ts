import { type Digest, parseDigest, parseRepositoryName, parseTag } from "@tranship/core";
import { ApiError } from "./api-error.ts";

/** What a layout holds beside the repositories that are nested in its folder. */
const RESERVED: ReadonlySet<string> = new Set(["blobs", "index.json", "oci-layout"]);

/** Whether a folder of this name can be a part of a repository's name. */
export function isRepositoryPart(text: string): boolean {
  return !RESERVED.has(text) && !text.includes("/") && parses(parseRepositoryName, text);
}

/** Checks a repository's name. No name that passes leads out of the folder, or to a file of a layout. @throws {ApiError} NAME_INVALID. */
export function checkRepository(text: string): string {
  const name = checked(parseRepositoryName, text, "NAME_INVALID");
  const reserved = name.split("/").find((part) => RESERVED.has(part));
  if (reserved === undefined) return name;
  throw new ApiError(
    400,
    "NAME_INVALID",
    `Bad repository "${name}": an OCI layout keeps its own content under "${reserved}"`,
  );
}

/** The name under which one layout is served: its folder's, made a valid one; `layout` where nothing of it can be kept. */
export function repositoryNameOf(folder: string): string {
  const parts = folder.toLowerCase().match(/[a-z0-9]+(?:[._][a-z0-9]+)*/g) ?? [];
  const name = parts.join("-");
  return isRepositoryPart(name) ? name : "layout";
}

/** Whether the text is a tag. */
export function isTag(text: string): boolean {
  return parses(parseTag, text);
}

/** Checks a tag that a client wants to push. @throws {ApiError} MANIFEST_INVALID. */
export function checkTag(text: string): string {
  return checked(parseTag, text, "MANIFEST_INVALID");
}

/** Checks a digest that a client sent. @throws {ApiError} DIGEST_INVALID. */
export function checkDigest(text: string): Digest {
  return checked(parseDigest, text, "DIGEST_INVALID");
}

/** Case-insensitive, as the spec has it; names that differ by case alone in code unit order, so that `last` is never ambiguous. */
export function compareNames(left: string, right: string): number {
  const [a, b] = [left.toLowerCase(), right.toLowerCase()];
  if (a !== b) return a < b ? -1 : 1;
  if (left === right) return 0;
  return left < right ? -1 : 1;
}

function checked<T>(
  parse: (text: string) => T,
  text: string,
  code: "NAME_INVALID" | "MANIFEST_INVALID" | "DIGEST_INVALID",
): T {
  try {
    return parse(text);
  } catch (error) {
    throw new ApiError(400, code, error instanceof Error ? error.message : `Bad name "${text}"`);
  }
}

function parses(parse: (text: string) => unknown, text: string): boolean {
  try {
    parse(text);
    return true;
  } catch {
    return false;
  }
}
