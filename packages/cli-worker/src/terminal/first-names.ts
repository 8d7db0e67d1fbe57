/** `v1, v2, v3 and 4 more`: so many names at most. */
export function firstNames(names: readonly (string | undefined)[], most: number): string {
  const more = names.length > most ? ` and ${names.length - most} more` : "";
  return `${names.slice(0, most).join(", ")}${more}`;
}
