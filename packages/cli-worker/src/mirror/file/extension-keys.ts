import { isMap, isScalar, isSeq, type Node } from "yaml";
import type { YamlFile } from "./yaml-file.ts";

/** Whether a key is for the writer of a file alone, as in compose files: `x-common: &common { … }`. */
export function isExtensionKey(key: string): boolean {
  return key.startsWith("x-");
}

/** Removes the `x-…` keys of every map, but for the map of hosts, whose keys are names. */
export function dropExtensionKeys(file: YamlFile): void {
  const hosts = file.node(["hosts"]);
  const seen = new Set<unknown>();
  const drop = (node: unknown): void => {
    if (seen.has(node)) return;
    seen.add(node);
    if (isSeq(node)) node.items.forEach(drop);
    if (!isMap(node)) return;
    if (node !== hosts)
      node.items = node.items.filter(({ key }) => !(isScalar(key) && isExtensionKey(String(key.value))));
    for (const { value } of node.items) drop(value);
  };
  drop(file.document.contents satisfies Node | null);
}
