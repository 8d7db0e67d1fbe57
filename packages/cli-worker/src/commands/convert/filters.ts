import type { ForeignValue } from "./foreign-value.ts";

/** What an entry of a filter is here; undefined where it can't be carried over, which is noted. */
export type ReadEntry = (value: ForeignValue) => readonly string[] | undefined;

function entriesOf(list: ForeignValue | undefined): readonly ForeignValue[] {
  return (list?.as("list").list() ?? []).map((entry) => entry.as("text"));
}

/** What a list lets through. @throws {SyntaxError} where it is no list of texts, or nothing of it can be carried over: without it everything would be meant. */
export function allowed(list: ForeignValue | undefined, read: ReadEntry): readonly string[] {
  const entries = entriesOf(list).map(read);
  if (entries.length > 0 && entries.every((entry) => entry === undefined))
    throw new SyntaxError("nothing of what it allows can be carried over, and without that everything would be meant");
  return entries.flatMap((entry) => entry ?? []);
}

/** What a list leaves out. @throws {SyntaxError} where it is no list of texts, or some of it can't be carried over: more would be meant than was. */
export function denied(list: ForeignValue | undefined, read: ReadEntry): readonly string[] {
  const entries = entriesOf(list).map(read);
  if (entries.includes(undefined))
    throw new SyntaxError("not all of what it denies can be carried over, and more would be meant than was");
  return entries.flatMap((entry) => entry ?? []);
}
