import { isMap, isScalar, isSeq } from "yaml";
import { isExtensionKey } from "../../mirror/file/extension-keys.ts";
import type { Path, YamlFile } from "../../mirror/file/yaml-file.ts";
import type { Conversion } from "./conversion.ts";

/** What a value is. */
export type ForeignKind = "map" | "list" | "text" | "nothing";

/** A value in another tool's file. Settings are read leniently: what has another form than expected is as good as absent, and said. What chooses is read by `as`. */
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

  /** Itself, which may also be empty. @throws {SyntaxError} where it has another form: as good as absent, it would choose nothing, and all would be meant. */
  as(expected: Exclude<ForeignKind, "nothing">): this {
    const { kind } = this;
    if (kind === expected || kind === "nothing") return this;
    const key = this.#path.at(-1);
    const of = typeof key === "string" ? JSON.stringify(key) : "an entry";
    throw new SyntaxError(`${of} is a ${kind}, and a ${expected} is expected`);
  }

  /** Whether it is on or off; undefined where it is empty. @throws {SyntaxError} where it is neither. */
  asTruth(): boolean | undefined {
    const text = this.as("text").text();
    const truth = this.truth();
    if (text === undefined || truth !== undefined) return truth;
    throw new SyntaxError(
      `${JSON.stringify(String(this.#path.at(-1)))} is ${JSON.stringify(text)}, and true or false is expected`,
    );
  }

  /** The texts of a list, or a single text. @throws {SyntaxError} where it has another form, or an entry is no text. */
  asTexts(): readonly string[] {
    if (this.kind === "text") return this.texts();
    return this.as("list")
      .list()
      .map((entry) => {
        const text = entry.as("text").text();
        if (text === undefined)
          throw new SyntaxError(`an entry of ${JSON.stringify(String(this.#path.at(-1)))} is empty`);
        return text;
      });
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
    const keys = isMap(node) ? node.items.map(({ key }) => (isScalar(key) ? String(key.value) : "?")) : [];
    const entries = keys.map((key) => [key, this.#at(key)] as const);
    return new ForeignMap(entries, this.#file.overriddenAt(this.#path));
  }

  get kind(): ForeignKind {
    const node = this.#file.node(this.#path);
    if (isMap(node)) return "map";
    if (isSeq(node)) return "list";
    return isScalar(node) && node.value !== null ? "text" : "nothing";
  }

  #at(key: string | number): ForeignValue {
    return new ForeignValue(this.#file, [...this.#path, key], this.#into);
  }
}

/** A map in another tool's file. What nobody took of it was not carried over. */
export class ForeignMap {
  readonly #entries: ReadonlyMap<string, ForeignValue>;
  readonly #left: Set<string>;
  readonly #overridden: readonly string[];

  /** @param overridden keys that stand before a `<<` which merges them too. */
  constructor(entries: readonly (readonly [string, ForeignValue])[], overridden: readonly string[] = []) {
    this.#entries = new Map(entries);
    this.#left = new Set(this.#entries.keys());
    this.#overridden = overridden;
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

  /** The same without keys that are for the writer of the file alone (`x-common`); a name that may be a host's, or an image's, is none of them. */
  withoutExtensions(): ForeignMap {
    const entries = [...this.#entries].filter(([key]) => !isExtensionKey(key) || /[./:]/.test(key));
    return new ForeignMap(entries, this.#overridden);
  }

  /** Notes every key that nobody took. @param of what the map is, as in `the defaults`. */
  noteRest(of: string): void {
    for (const key of this.#left) {
      if (!isExtensionKey(key)) this.#entries.get(key)?.note(`${key} of ${of} is not carried over`);
    }
    this.#left.clear();
  }

  /**
   * The same for a map that chooses what is copied.
   * @param harmless keys that the tool knows and that choose nothing.
   * @throws {SyntaxError} where there is another key, which may narrow what is meant, or where it depends on the tool's version which of two values a key has.
   */
  refuseRest(of: string, harmless: readonly string[] = []): void {
    const unknown = [...this.#left].filter((key) => !isExtensionKey(key) && !harmless.includes(key));
    for (const key of unknown) this.#left.delete(key);
    this.noteRest(of);
    const [first] = unknown;
    if (first !== undefined) {
      const keys = unknown.map((key) => JSON.stringify(key)).join(", ");
      const what = unknown.length === 1 ? "is a key that is" : "are keys that are";
      throw new SyntaxError(
        `${keys} of ${of} ${what} not known here, and without what it says more may be meant than was`,
      );
    }
    const [key] = this.#overridden;
    if (key === undefined) return;
    throw new SyntaxError(
      `${JSON.stringify(key)} of ${of} stands before a << that has it too, and tools differ in which of them they take: put << first`,
    );
  }
}
