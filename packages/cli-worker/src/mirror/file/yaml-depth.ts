import { type Document, isMap, isNode, isPair, isSeq, type Node } from "yaml";

/** How deep lists and maps may be nested: mirror files and other tools' files have fewer than ten levels. */
export const MAX_YAML_DEPTH = 100;

/** What is said of a text with deeper ones. */
export const TOO_DEEP = `lists and maps are nested deeper than ${MAX_YAML_DEPTH} levels`;

/** The first list or map that is nested too deeply; undefined where none is. Uses no recursion: what comes after it does. */
export function tooDeepNode(document: Document): Node | undefined {
  const pending: { readonly node: unknown; readonly depth: number }[] = [{ node: document.contents, depth: 1 }];
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    const { node, depth } = next;
    if (isPair(node)) pending.push({ node: node.value, depth }, { node: node.key, depth });
    if (!isMap(node) && !isSeq(node)) continue;
    if (depth > MAX_YAML_DEPTH) return isNode(node) ? node : undefined;
    for (const item of node.items.toReversed()) pending.push({ node: item, depth: depth + 1 });
  }
  return undefined;
}
