import { parseRegex, type RegexNode } from "./parse-regex.ts";

type Step =
  | { readonly kind: "set"; readonly fits: (character: string) => boolean; readonly next: number }
  | { readonly kind: "fork"; readonly next: readonly number[] }
  | { readonly kind: "lookahead"; readonly entry: number; readonly negative: boolean; readonly next: number }
  | { readonly kind: "start" | "end"; readonly next: number }
  | { readonly kind: "accept" };

/** The most steps that an expression may have once its counted repetitions are written out. */
const MAX_STEPS = 20_000;

const ACCEPT = 0;

/**
 * Matches a regular expression in time that grows with the product of the lengths of expression and text, and once more with the text for lookaheads. JavaScript's own
 * engine tries every way to match, which for `*a*a*a*b` takes minutes.
 * See R. Cox, "Regular Expression Matching Can Be Simple And Fast", https://swtch.com/~rsc/regexp/regexp1.html.
 */
export class LinearRegex {
  readonly #steps: readonly Step[];
  readonly #entry: number;

  private constructor(steps: readonly Step[], entry: number) {
    this.#steps = steps;
    this.#entry = entry;
  }

  /** Undefined where the expression has constructs that cannot be matched so, or is too large. */
  static compile({ source, flags }: RegExp): LinearRegex | undefined {
    const node = flags === "" ? parseRegex(source) : undefined;
    if (node === undefined) return undefined;
    const builder = new Builder();
    const entry = builder.add(node, ACCEPT);
    return entry === undefined ? undefined : new LinearRegex(builder.steps, entry);
  }

  /** Whether the expression matches somewhere in the text. */
  test(text: string): boolean {
    return this.#runs(text, { entry: this.#entry, from: 0, everywhere: true, looked: new Map() });
  }

  #runs(text: string, run: Run): boolean {
    const { entry, from, everywhere } = run;
    let current = new Set<number>();
    this.#enter(current, entry, text, from, run);
    for (let at = from; ; at += 1) {
      if (current.has(ACCEPT)) return true;
      if (at === text.length || (current.size === 0 && !everywhere)) return false;
      const character = text.charAt(at);
      const following = new Set<number>();
      for (const index of current) {
        const step = this.#steps[index];
        if (step?.kind === "set" && step.fits(character)) this.#enter(following, step.next, text, at + 1, run);
      }
      if (everywhere) this.#enter(following, entry, text, at + 1, run);
      current = following;
    }
  }

  /** Adds a step, and those that are reached from it without a character. */
  #enter(into: Set<number>, first: number, text: string, at: number, run: Run): void {
    const pending = [first];
    for (let index = pending.pop(); index !== undefined; index = pending.pop()) {
      if (into.has(index)) continue;
      into.add(index);
      const step = this.#steps[index];
      if (step?.kind === "fork") pending.push(...step.next);
      else if (step?.kind === "start" && at === 0) pending.push(step.next);
      else if (step?.kind === "end" && at === text.length) pending.push(step.next);
      else if (step?.kind === "lookahead" && this.#looks(step.entry, text, at, run) !== step.negative)
        pending.push(step.next);
    }
  }

  /** Whether what a lookahead is for comes at a character; found out once for each. */
  #looks(entry: number, text: string, at: number, { looked }: Run): boolean {
    const key = entry * (text.length + 1) + at;
    const known = looked.get(key);
    if (known !== undefined) return known;
    const found = this.#runs(text, { entry, from: at, everywhere: false, looked });
    looked.set(key, found);
    return found;
  }
}

interface Run {
  readonly entry: number;
  readonly from: number;
  /** Whether a match may begin at any later character too. */
  readonly everywhere: boolean;
  /** What lookaheads came to. */
  readonly looked: Map<number, boolean>;
}

/** Makes the steps of an expression, from its end to its beginning. */
class Builder {
  readonly steps: Step[] = [{ kind: "accept" }];

  /** The step at which a node begins; undefined where there are too many. */
  add(node: RegexNode, next: number): number | undefined {
    switch (node.kind) {
      case "set":
        return this.#push({ kind: "set", fits: oneOf(node.source), next });
      case "sequence":
        return node.parts.reduceRight<number | undefined>(
          (after, part) => (after === undefined ? undefined : this.add(part, after)),
          next,
        );
      case "alternatives":
        return this.#fork(node.options.map((option) => this.add(option, next)));
      case "repeat":
        return this.#repeat(node.of, node, next);
      case "lookahead": {
        const entry = this.add(node.of, ACCEPT);
        return entry === undefined
          ? undefined
          : this.#push({ kind: "lookahead", entry, negative: node.negative, next });
      }
      default:
        return this.#push({ kind: node.kind, next });
    }
  }

  #repeat(
    of: RegexNode,
    { min, max }: { readonly min: number; readonly max: number },
    next: number,
  ): number | undefined {
    let entry: number | undefined = next;
    if (max === Number.POSITIVE_INFINITY) {
      const loop = this.#push({ kind: "fork", next: [] });
      const body = loop === undefined ? undefined : this.add(of, loop);
      if (loop === undefined || body === undefined) return undefined;
      this.steps[loop] = { kind: "fork", next: [body, next] };
      entry = loop;
    } else {
      for (let count = min; count < max && entry !== undefined; count += 1) {
        entry = this.#fork([this.add(of, entry), next]);
      }
    }
    for (let count = 0; count < min && entry !== undefined; count += 1) entry = this.add(of, entry);
    return entry;
  }

  #fork(next: readonly (number | undefined)[]): number | undefined {
    const known = next.filter((index) => index !== undefined);
    return known.length < next.length ? undefined : this.#push({ kind: "fork", next: known });
  }

  #push(step: Step): number | undefined {
    if (this.steps.length >= MAX_STEPS) return undefined;
    return this.steps.push(step) - 1;
  }
}

/** What matches one character, as JavaScript reads it. */
function oneOf(source: string): (character: string) => boolean {
  const expression = new RegExp(`^${source === "/" ? "\\/" : source}$`);
  const known = new Map<string, boolean>();
  return (character) => {
    const before = known.get(character);
    if (before !== undefined) return before;
    const fits = expression.test(character);
    known.set(character, fits);
    return fits;
  };
}
