import { type Document, isAlias, isMap, isNode, isScalar, isSeq, type Node, type Pair, type YAMLMap } from "yaml";

/** The most nodes that a text may come to once its aliases and merges stand for what they mean. */
const MOST_NODES = 1_000_000;

/** Something that is wrong with an alias or a merge, and the character where it stands. */
export interface ExpansionProblem {
  readonly offset: number;
  readonly message: string;
}

/** What came of the aliases and merges of a document. */
export interface Expansion {
  readonly problems: readonly ExpansionProblem[];
  /**
   * Keys of maps that stand before a `<<` which merges them too. YAML keeps a map's own value; some tools take the later one
   * (goccy/go-yaml, go-yaml v2).
   */
  readonly overridden: ReadonlyMap<YAMLMap, readonly string[]>;
}

/**
 * Replaces each alias by the node that it stands for, and each merge key (`<<`) by the pairs that it merges: a map, or a list of maps, whose keys the
 * map itself has not. A map's own keys win over merged ones, and earlier maps of a list over later ones. Nodes are shared, so that
 * each keeps its place in the text.
 * Spec: "Merge Key Language-Independent Type for YAML Version 1.1", https://yaml.org/type/merge.html.
 */
export function expandYaml(document: Document): Expansion {
  const expander = new Expander();
  try {
    const contents = expander.expand(document.contents);
    document.contents = contents as typeof document.contents;
  } catch (error) {
    if (!(error instanceof ExpansionError)) throw error;
    return { problems: [error.problem], overridden: expander.overridden };
  }
  return { problems: [], overridden: expander.overridden };
}

class ExpansionError extends Error {
  readonly problem: ExpansionProblem;

  constructor(node: unknown, message: string) {
    super(message);
    this.problem = { offset: isNode(node) ? (node.range?.[0] ?? 0) : 0, message };
  }
}

class Expander {
  readonly overridden = new Map<YAMLMap, readonly string[]>();
  /** The last node with each anchor, in the order of the text. */
  readonly #anchors = new Map<string, Node>();
  readonly #open = new Set<Node>();
  /** How many nodes there are in each that is expanded, itself included. */
  readonly #sizes = new Map<Node, number>();

  expand(given: unknown): Node | null {
    if (!isNode(given)) return null;
    if (isAlias(given)) return this.#target(given);
    if (given.anchor !== undefined && given.anchor !== "") this.#anchors.set(given.anchor, given);
    this.#open.add(given);
    if (isSeq(given)) given.items = given.items.map((item) => this.expand(item));
    if (isMap(given)) this.#map(given);
    this.#open.delete(given);
    this.#measure(given);
    return given;
  }

  #target(alias: Node & { readonly source: string }): Node {
    const target = this.#anchors.get(alias.source);
    if (target === undefined) throw new ExpansionError(alias, `there is no anchor "${alias.source}" before this alias`);
    if (this.#open.has(target))
      throw new ExpansionError(alias, `the alias "${alias.source}" stands inside what it stands for`);
    return target;
  }

  #map(map: YAMLMap): void {
    const own: Pair[] = [];
    const merges: { readonly pair: Pair; readonly after: readonly string[] }[] = [];
    for (const pair of map.items) {
      if (isMergeKey(pair.key)) merges.push({ pair, after: own.flatMap(({ key }) => nameOf(key)) });
      else own.push(pair);
      if (!isMergeKey(pair.key)) pair.key = this.expand(pair.key);
      pair.value = this.expand(pair.value);
    }
    const names = new Set(own.flatMap(({ key }) => nameOf(key)));
    const merged: Pair[] = [];
    const overridden = new Set<string>();
    for (const { pair, after } of merges) {
      for (const item of mergedMaps(pair).flatMap(({ items }) => items)) {
        const [name] = nameOf(item.key);
        if (name !== undefined && after.includes(name)) overridden.add(name);
        if (name === undefined || names.has(name)) continue;
        names.add(name);
        merged.push(item);
      }
    }
    if (overridden.size > 0) this.overridden.set(map, [...overridden]);
    map.items = [...own, ...merged];
  }

  #measure(node: Node): void {
    const children = isSeq(node) ? node.items : isMap(node) ? node.items.flatMap(({ key, value }) => [key, value]) : [];
    const sizes = children.map((child) => (isNode(child) ? (this.#sizes.get(child) ?? 1) : 1));
    const size = sizes.reduce((sum, one) => sum + one, 1);
    if (size > MOST_NODES) throw new ExpansionError(undefined, "aliases and merges make too much of it");
    this.#sizes.set(node, size);
  }
}

/** A plain `<<`; one in quotes is a key like any other. */
function isMergeKey(key: unknown): boolean {
  return isScalar(key) && (key.tag === "tag:yaml.org,2002:merge" || (key.type === "PLAIN" && key.source === "<<"));
}

function mergedMaps({ key, value }: Pair): readonly YAMLMap[] {
  const maps = isSeq(value) ? value.items : [value];
  if (maps.every(isMap)) return maps;
  throw new ExpansionError(key, '"<<" merges a map or a list of maps');
}

function nameOf(key: unknown): readonly string[] {
  return isScalar(key) ? [String(key.value)] : [];
}
