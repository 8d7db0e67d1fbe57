import { regexPattern } from "@tranship/copy";
import { valid } from "semver";
import { literal, type MirrorDraft, type TagsDraft } from "./conversion.ts";
import type { ForeignValue } from "./foreign-value.ts";
import { fromGoRegex } from "./go-regex.ts";

const LATEST = /^latest\s+([0-9]+)$/;

/** What the entries of `tags` come to, by kind. */
class Entries {
  readonly names: string[] = [];
  readonly semver: string[] = [];
  readonly regex: string[] = [];
  /** Of `regex: !…`, which chooses what does not fit. */
  readonly inverted: string[] = [];
  /** Of `keep: !…`, which leaves out what fits, whatever chose it. */
  readonly pruned: string[] = [];
  /** Of `keep: latest N`, the last one. */
  latest: number | undefined;

  /** @throws {SyntaxError} where it can't be carried over. */
  add(text: string): void {
    const { kind, expression } = partsOf(text);
    if (kind === undefined) this.names.push(text);
    else if (kind === "semver") this.semver.push(expression);
    else if (kind === "keep" && LATEST.test(expression)) this.latest = Number(LATEST.exec(expression)?.[1]);
    else if (expression.startsWith("!"))
      (kind === "keep" ? this.pruned : this.inverted).push(fromGoRegex(expression.slice(1), "whole"));
    else if (kind === "keep") throw new SyntaxError("it narrows what other entries choose");
    else this.regex.push(fromGoRegex(expression, "whole"));
  }

  /** Names that nothing leaves out. */
  get keptNames(): readonly string[] {
    const pruned = new Set(this.pruned.flatMap((expression) => regexPattern(expression).select(this.names)));
    return this.names.filter((name) => !pruned.has(name));
  }

  /** Whether nothing but names is chosen. */
  get areNames(): boolean {
    return this.names.length > 0 && [this.semver, this.regex, this.inverted].every(({ length }) => length === 0);
  }
}

/**
 * Which tags a mapping of dregsy chooses. It takes a tag that fits any of its entries; here, names are added to what fits filters of one kind.
 * @throws {SyntaxError} where that can't be carried over, and more would be meant without it.
 */
export function readTags(value: ForeignValue | undefined): { readonly tags?: MirrorDraft["tags"] & object } {
  const entries = (value?.as("list").list() ?? []).map((entry) => ({ entry, text: entry.as("text").text() ?? "" }));
  const kept = new Entries();
  let lost = 0;
  for (const { entry, text } of entries) {
    try {
      kept.add(text);
    } catch (error) {
      if (!(error instanceof SyntaxError)) throw error;
      entry.note(`the entry ${JSON.stringify(text)} of tags is not carried over: ${error.message}`);
      lost += 1;
      const { kind, expression } = partsOf(text);
      if (kind === "keep" || expression.startsWith("!"))
        throw new SyntaxError(`without ${JSON.stringify(text)} more tags would be meant than were`);
    }
  }
  if (lost > 0 && lost === entries.length)
    throw new SyntaxError("nothing of its tags can be carried over, and without that all would be meant");
  const names = kept.keptNames;
  const { latest } = kept;
  if (latest !== undefined) refuseOtherOrder(kept, names);
  if (kept.areNames) {
    if (names.length === 0) throw new SyntaxError("its tags leave out every one that they name");
    return { tags: names };
  }
  const draft = { ...filtersOf(kept, value), ...(names.length > 0 && { names }) };
  return Object.keys(draft).length === 0 ? {} : { tags: draft };
}

/**
 * dregsy keeps the newest versions of all that the entries choose, by version, and every other tag. Here `newest`
 * counts what a range chooses, and names come in addition.
 * @throws {SyntaxError} where that is not the same.
 */
function refuseOtherOrder({ latest, semver, regex, inverted }: Entries, names: readonly string[]): void {
  const entry = `"keep: latest ${latest}"`;
  if (latest === 0 || semver.length === 0 || regex.length > 0 || inverted.length > 0)
    throw new SyntaxError(`${entry} is carried over beside semver alone, and without it more tags would be meant`);
  const version = names.find((name) => valid(name, { loose: true }) !== null);
  if (version !== undefined)
    throw new SyntaxError(`${entry} counts the version ${JSON.stringify(version)}, which would be copied in any case`);
}

function filtersOf({ semver, regex, inverted, pruned, latest }: Entries, value: ForeignValue | undefined): TagsDraft {
  const both = semver.length > 0 && regex.length > 0;
  if (both) value?.note("semver and regex together are not carried over: here a tag has to fit both; only regex is");
  const excluded = [...inverted, ...pruned];
  return {
    ...(regex.length > 0 && { regex: regex.map(literal) }),
    ...(semver.length > 0 && !both && { semver: semver.join(" || ") }),
    ...(latest !== undefined && { newest: latest }),
    ...(excluded.length > 0 && { excludeRegex: excluded.map(literal) }),
  };
}

function partsOf(text: string): { readonly kind: string | undefined; readonly expression: string } {
  const [, kind, rest = ""] = /^(semver|regex|keep):(.*)$/s.exec(text) ?? [];
  return { kind, expression: rest.trim() };
}
