import type { ImageResult } from "@tranship/copy";

/** `registry.example/app:v1 → other.example/app:v1`, as far as there are such names. */
export function imageName({
  from,
  tag,
  to,
  targetTag,
}: Pick<ImageResult, "from" | "tag" | "to" | "targetTag">): string {
  const source = tag === undefined ? from : named(from, tag);
  return to === undefined ? source : `${source} → ${targetTag === undefined ? to : named(to, targetTag)}`;
}

function named(repository: string, reference: string): string {
  return `${repository}${reference.includes(":") ? "@" : ":"}${reference}`;
}
