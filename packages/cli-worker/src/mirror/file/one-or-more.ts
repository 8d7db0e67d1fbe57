import type { Path } from "./yaml-file.ts";

/** The entries of what may be one value or a list of them, each with its path. */
export function entriesOf<T>(value: T | readonly T[] | undefined, path: Path): readonly (readonly [T, Path])[] {
  if (value === undefined) return [];
  if (!isList(value)) return [[value, path]];
  return value.map((entry, index) => [entry, [...path, index]]);
}

function isList<T>(value: T | readonly T[]): value is readonly T[] {
  return Array.isArray(value);
}
