import { IncompleteListError } from "../errors/errors.ts";

/** A list that was read: the whole of it, or what came of one whose end is not proven. */
export type ListResult<T> =
  | { readonly complete: true; readonly items: readonly T[] }
  | {
      readonly complete: false;
      /** What came. There may be more: nothing is absent because it is not among these. */
      readonly partial: readonly T[];
      readonly doubt: IncompleteListError;
    };

/**
 * Reads a list to its end, for callers that can use a list that may lack items. `Array.fromAsync` throws the doubt in its place.
 * @throws whatever the list throws, but for an IncompleteListError. Memory: the items.
 */
export async function readList<T>(list: AsyncIterable<T> | Iterable<T>): Promise<ListResult<T>> {
  const items: T[] = [];
  try {
    for await (const item of list) items.push(item);
    return { complete: true, items };
  } catch (error) {
    if (error instanceof IncompleteListError) return { complete: false, partial: items, doubt: error };
    throw error;
  }
}

/** What a list result has, whole or not. */
export function listedItems<T>(result: ListResult<T>): readonly T[] {
  return result.complete ? result.items : result.partial;
}

/** The items of a list as a stream, which throws the doubt after the last one. */
export function* replayed<T>(result: ListResult<T>): Generator<T, void, void> {
  yield* listedItems(result);
  if (!result.complete) throw result.doubt;
}
