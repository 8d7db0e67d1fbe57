import {
  type Document,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  type Pair,
  parseDocument,
  type YAMLMap,
} from "yaml";
import type { Position, Problem } from "../problem.ts";
import { duplicateKeys } from "./duplicate-keys.ts";
import { type Expansion, expandYaml } from "./expand-yaml.ts";
import { TOO_DEEP, tooDeepNode } from "./yaml-depth.ts";

/** Where a value is: keys and places in lists, from the top. */
export type Path = readonly (string | number)[];

/** A YAML text with the place of everything in it; aliases and merges (`<<`) stand for what they mean. */
export class YamlFile {
  readonly document: Document;
  readonly #lines: LineCounter;
  readonly #overridden: Expansion["overridden"];
  /** The pairs of maps by their keys, for maps that were looked into. */
  readonly #pairs = new WeakMap<YAMLMap, ReadonlyMap<string, Pair>>();

  private constructor(document: Document, lines: LineCounter, overridden: Expansion["overridden"]) {
    this.document = document;
    this.#lines = lines;
    this.#overridden = overridden;
  }

  /** Reads the text. Where it is no YAML, its problems are what is wrong with it. */
  static parse(text: string): { readonly file: YamlFile; readonly problems: readonly Problem[] } {
    const lines = new LineCounter();
    const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, uniqueKeys: false });
    const faults = [...document.errors, ...document.warnings];
    const deep = faults.find(({ code }) => code === "RESOURCE_EXHAUSTION")?.pos[0] ?? tooDeepNode(document)?.range?.[0];
    if (deep !== undefined) {
      const at = lines.linePos(deep);
      const problem = { at: { line: Math.max(1, at.line), column: Math.max(1, at.col) }, message: TOO_DEEP };
      return { file: new YamlFile(document, lines, new Map()), problems: [problem] };
    }
    const duplicates = duplicateKeys(document);
    const { problems: unexpanded, overridden } =
      faults.length > 0 || duplicates.length > 0 ? { problems: [], overridden: new Map() } : expandYaml(document);
    const file = new YamlFile(document, lines, overridden);
    const problems = faults.map(({ code, message, pos }) => ({
      at: file.positionAt(pos[0]),
      message: code === "MULTIPLE_DOCS" ? "the file has several documents: one is expected" : `no YAML: ${message}`,
    }));
    const repeated = duplicates.map((key) => ({
      at: file.positionAt(key.range?.[0] ?? 0),
      message: "no YAML: Map keys must be unique",
    }));
    const further = unexpanded.map(({ offset, message }) => ({
      at: file.positionAt(offset),
      message: `no YAML that can be used: ${message}`,
    }));
    return { file, problems: [...problems, ...repeated, ...further] };
  }

  /** Keys of the map at a path that stand before a `<<` which merges them too: tools differ in which value they take. */
  overriddenAt(path: Path): readonly string[] {
    const node = this.node(path);
    return (isMap(node) ? this.#overridden.get(node) : undefined) ?? [];
  }

  /** The value at a path. */
  node(path: Path): Node | undefined {
    let node = nodeOf(this.document.contents);
    for (const key of path) {
      if (isMap(node)) node = nodeOf(this.#pairsOf(node).get(String(key))?.value);
      else if (isSeq(node)) node = nodeOf(node.get(key, true));
      else return undefined;
    }
    return node;
  }

  /** Where the value at a path begins; where there is none, where what it would be in begins. */
  positionOf(path: Path): Position {
    for (let length = path.length; length > 0; length--) {
      const offset = this.#offsetAt(path.slice(0, length));
      if (offset !== undefined) return this.positionAt(offset);
    }
    return this.positionAt(this.document.contents?.range?.[0] ?? 0);
  }

  /** Where a key itself stands. */
  positionOfKey(parent: Path, key: string): Position {
    const map = this.node(parent);
    const pair = isMap(map) ? this.#pairsOf(map).get(key) : undefined;
    const offset = isScalar(pair?.key) ? pair.key.range?.[0] : undefined;
    return offset === undefined ? this.positionOf(parent) : this.positionAt(offset);
  }

  /** An empty value has no place of its own; it is said where its key stands. */
  #offsetAt(path: Path): number | undefined {
    const node = this.node(path);
    if (node === undefined) return undefined;
    const key = path.at(-1);
    if (isScalar(node) && node.value === null && node.source === "" && typeof key === "string") {
      const { line, column } = this.positionOfKey(path.slice(0, -1), key);
      return this.#offset(line, column);
    }
    return node.range?.[0];
  }

  #offset(line: number, column: number): number {
    return (this.#lines.lineStarts[line - 1] ?? 0) + column - 1;
  }

  #pairsOf(map: YAMLMap): ReadonlyMap<string, Pair> {
    const known = this.#pairs.get(map);
    if (known !== undefined) return known;
    const pairs = new Map<string, Pair>();
    for (const pair of map.items) {
      const name = isScalar(pair.key) ? String(pair.key.value) : undefined;
      if (name !== undefined && !pairs.has(name)) pairs.set(name, pair);
    }
    this.#pairs.set(map, pairs);
    return pairs;
  }

  /** The place of a character. */
  positionAt(offset: number): Position {
    const { line, col } = this.#lines.linePos(offset);
    return { line: Math.max(1, line), column: Math.max(1, col) };
  }
}

function nodeOf(node: unknown): Node | undefined {
  return isMap(node) || isSeq(node) || isScalar(node) ? node : undefined;
}

/** A path as messages write it: `mirrors[0].tags.newest`, `hosts["r.example:5000"].ca`. */
export function formatPath(path: Path): string {
  return path.reduce<string>((text, key) => {
    if (typeof key === "number") return `${text}[${key}]`;
    if (!/^[A-Za-z][A-Za-z0-9]*$/.test(key)) return `${text}[${JSON.stringify(key)}]`;
    return text === "" ? key : `${text}.${key}`;
  }, "");
}
