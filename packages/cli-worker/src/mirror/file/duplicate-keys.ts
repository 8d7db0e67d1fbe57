import { type Document, isScalar, type Scalar, visit } from "yaml";

/**
 * The keys that a map of the document has once already, in the order of the text. The library's own check compares each
 * key with all before it, which takes minutes for a map of many thousand.
 * Spec: YAML 1.2.2, section 3.2.1.1, "The content of a mapping node is an unordered set of key/value node pairs".
 */
export function duplicateKeys(document: Document): readonly Scalar[] {
  const found: Scalar[] = [];
  visit(document, {
    Map(_, map) {
      const seen = new Set<unknown>();
      for (const { key } of map.items) {
        if (!isScalar(key)) continue;
        if (seen.has(key.value)) found.push(key);
        seen.add(key.value);
      }
    },
  });
  return found;
}
