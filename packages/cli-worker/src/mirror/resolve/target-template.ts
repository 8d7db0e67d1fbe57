import { parseRepositoryName, parseTag, type Repository } from "@tranship/core";
import type { Position } from "../problem.ts";

/** The words that a target may have between braces. */
export const PLACEHOLDERS = ["repository", "match", "tag", "host"] as const;
export type Placeholder = (typeof PLACEHOLDERS)[number];

/** A piece of a template: text as it is, or what a placeholder stands for. */
export type TemplatePart = string | { readonly placeholder: Placeholder };

/** Where a mirror writes to: `registry.internal:5000/acme/{match}`, perhaps with `:{tag}` at its end. */
export interface TargetTemplate {
  /** As it was written. */
  readonly text: string;
  readonly at: Position;
  readonly host: string;
  readonly repository: readonly TemplatePart[];
  /** `{tag}` where none is written. */
  readonly tag: readonly TemplatePart[];
}

/** What a template's placeholders stand for. */
export interface TemplateValues {
  /** The source's host, a port's colon replaced by a dash: `registry.example-5000`. */
  readonly host: string;
  /** The whole source repository: `library/alpine`. */
  readonly repository: string;
  /** What the `*` stood for; without one the last part of the repository. */
  readonly match: string;
}

/** The repository that a source repository goes to. @throws {SyntaxError} where that is no valid name. */
export function targetRepository({ host, repository }: TargetTemplate, values: TemplateValues): Repository {
  return { host, repository: parseRepositoryName(fill(repository, { ...values, tag: "" })) };
}

/**
 * The tag that a source tag goes to; `tag` is undefined for an image that is named by its digest: it gets the tag that the template writes out, or none.
 * @throws {SyntaxError} where that is no valid tag.
 */
export function targetTag(
  { tag: parts }: TargetTemplate,
  values: TemplateValues & { readonly tag: string | undefined },
): string | undefined {
  const { tag } = values;
  if (tag === undefined)
    return hasPlaceholder(parts, "tag") ? undefined : parseTag(fill(parts, { ...values, tag: "" }));
  return parseTag(fill(parts, { ...values, tag }));
}

/** What `{host}` stands for. */
export function hostValue(host: string): string {
  return host.replaceAll(/[:[\]]+/g, "-").replaceAll(/^-|-$/g, "");
}

/** Whether the template has the placeholder in its repository. */
export function hasPlaceholder(parts: readonly TemplatePart[], placeholder: Placeholder): boolean {
  return parts.some((part) => typeof part !== "string" && part.placeholder === placeholder);
}

function fill(parts: readonly TemplatePart[], values: Readonly<Record<Placeholder, string>>): string {
  return parts.map((part) => (typeof part === "string" ? part : values[part.placeholder])).join("");
}
