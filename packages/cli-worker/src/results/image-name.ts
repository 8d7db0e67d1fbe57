/** What names an image of a mirror, as far as it has such names; `tag` and `targetTag` may be digests. */
export interface NamedImage {
  readonly from: string;
  readonly tag?: string | undefined;
  readonly to?: string | undefined;
  readonly targetTag?: string | undefined;
}

/** `registry.example/app:v1 → other.example/app:v1`, as far as there are such names. */
export function imageName({ from, tag, to, targetTag }: NamedImage): string {
  const source = referenceName(from, tag);
  return to === undefined ? source : `${source} → ${referenceName(to, targetTag)}`;
}

/** `registry.example/app:v1`, `registry.example/app@sha256:…`; the repository alone where there is neither. */
export function referenceName(repository: string, reference: string | undefined): string {
  return reference === undefined ? repository : `${repository}${reference.includes(":") ? "@" : ":"}${reference}`;
}
