import { listedItems, readList } from "@tranship/core";
import { errorJson } from "../errors/error-json.ts";
import { oneLine } from "./one-line.ts";
import { print, printJson } from "./output.ts";

export interface PrintListOptions {
  /** Whether the list is printed as one JSON document: `of`, the items under `name`, and `incomplete`, the error, where the list may lack some. */
  readonly json: boolean;
  readonly name: string;
  readonly of: Readonly<Record<string, unknown>>;
  readonly signal: AbortSignal;
}

/**
 * Prints the names in a list, one a line, each as soon as it comes; or all of them as JSON.
 * @throws what the list throws: an IncompleteListError after all that came.
 */
export async function printNames(
  list: AsyncIterable<string> | Iterable<string>,
  options: PrintListOptions,
): Promise<void> {
  if (options.json) return printItems(list, { ...options, render: () => [] });
  for await (const name of list) {
    options.signal.throwIfAborted();
    print(oneLine(name));
  }
}

/** The same for a list that is rendered as a whole. */
export async function printItems<T>(
  list: AsyncIterable<T> | Iterable<T>,
  { json, name, of, render }: PrintListOptions & { readonly render: (items: readonly T[]) => readonly string[] },
): Promise<void> {
  const result = await readList(list);
  const items = listedItems(result);
  if (json) printJson({ ...of, [name]: items, ...(!result.complete && { incomplete: errorJson(result.doubt) }) });
  else render(items).forEach(print);
  if (!result.complete) throw result.doubt;
}
