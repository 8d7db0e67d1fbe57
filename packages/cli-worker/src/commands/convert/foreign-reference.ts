import { formatRepository, parseReference, type Reference } from "@tranship/core";

/** An image of another tool's file, its host written out. @throws {SyntaxError} */
export function readForeign(text: string): Reference {
  return parseReference(text.replace(/^docker:\/\//, ""));
}

/** The repository as a mirror file has it. */
export function repositoryText(reference: Reference): string {
  return formatRepository(reference);
}

/** The image as a mirror file has it. */
export function imageText(reference: Reference): string {
  const { tag, digest } = reference;
  if (digest !== undefined) return `${formatRepository(reference)}@${digest}`;
  return tag === undefined ? formatRepository(reference) : `${formatRepository(reference)}:${tag}`;
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
