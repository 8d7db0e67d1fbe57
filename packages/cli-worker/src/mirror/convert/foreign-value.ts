import { isMap, isScalar, isSeq } from "yaml";
import type { Path, YamlFile } from "../file/yaml-file.ts";
import type { Conversion } from "./conversion.ts";

/** A value in another tool's file. It is read leniently: what has another form than expected is as good as absent, and said. */
export class ForeignValue {
  readonly #file: YamlFile;
  readonly #path: Path;
  readonly #into: Conversion;

  constructor(file: YamlFile, path: Path, into: Conversion) {
    this.#file = file;
    this.#path = path;
    this.#into = into;
  }

  /** Where its key stands, or where it begins itself in a list. */
  get line(): number {
    const key = this.#path.at(-1);
    if (typeof key !== "string") return this.#file.positionOf(this.#path).line;
    return this.#file.positionOfKey(this.#path.slice(0, -1), key).line;
  }

  /** A note for this value: what can't be carried over, or should be looked at. */
  note(message: string): void {
    this.#into.note(this.line, message);
  }

  /** A text, or a number or truth value as it is written; undefined where it is empty or of another form. */
  text(): string | undefined {
    const node = this.#file.node(this.#path);
    if (!isScalar(node) || node.value === null || node.value === "") return undefined;
    return typeof node.value === "string" ? node.value : (node.source ?? String(node.value));
  }

  truth(): boolean | undefined {
    const node = this.#file.node(this.#path);
    return isScalar(node) && typeof node.value === "boolean" ? node.value : undefined;
  }

  number(): number | undefined {
    const node = this.#file.node(this.#path);
    return isScalar(node) && typeof node.value === "number" ? node.value : undefined;
  }

  /** The entries of a list; none where it is no list. */
  list(): readonly ForeignValue[] {
    const node = this.#file.node(this.#path);
    return isSeq(node) ? node.items.map((_, index) => this.#at(index)) : [];
  }

  /** The texts of a list, or of a single text. */
  texts(): readonly string[] {
    const single = this.text();
    return single === undefined ? this.list().flatMap((value) => value.text() ?? []) : [single];
  }

  /** The keys and values of a map; none where it is no map. */
  map(): ForeignMap {
    const node = this.#file.node(this.#path);
    const keys = isMap(node) ? node.items.flatMap(({ key }) => (isScalar(key) ? [String(key.value)] : [])) : [];
    return new ForeignMap(keys.map((key) => [key, this.#at(key)]));
  }

  get kind(): "map" | "list" | "scalar" | "nothing" {
    const node = this.#file.node(this.#path);
    if (isMap(node)) return "map";
    if (isSeq(node)) return "list";
    return isScalar(node) && node.value !== null ? "scalar" : "nothing";
  }

  #at(key: string | number): ForeignValue {
    return new ForeignValue(this.#file, [...this.#path, key], this.#into);
  }
}

/** A map in another tool's file. What nobody took of it was not carried over. */
export class ForeignMap {
  readonly #entries: ReadonlyMap<string, ForeignValue>;
  readonly #left: Set<string>;

  constructor(entries: readonly (readonly [string, ForeignValue])[]) {
    this.#entries = new Map(entries);
    this.#left = new Set(this.#entries.keys());
  }

  get keys(): readonly string[] {
    return [...this.#entries.keys()];
  }

  /** The value of a key, which is dealt with then. */
  take(key: string): ForeignValue | undefined {
    this.#left.delete(key);
    return this.#entries.get(key);
  }

  /** All keys with their values, which are dealt with then. */
  takeAll(): readonly (readonly [string, ForeignValue])[] {
    this.#left.clear();
    return [...this.#entries];
  }

  /** Notes every key that nobody took. @param of what the map is, as in `the defaults`. */
  noteRest(of: string): void {
    for (const key of this.#left) this.#entries.get(key)?.note(`${key} of ${of} is not carried over`);
    this.#left.clear();
  }
}
