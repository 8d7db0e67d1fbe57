import { parseHost } from "@tranship/core";
import {
  PLACEHOLDERS,
  type Placeholder,
  type TargetTemplate,
  type TemplatePart,
  targetRepository,
  targetTag,
} from "../resolve/target-template.ts";
import type { Reading } from "./reading.ts";
import { splitImage } from "./split-image.ts";
import { suggest } from "./suggest.ts";
import type { Path } from "./yaml-file.ts";

/** Something that a name may be, to try a template with. */
const SAMPLE = { host: "host", repository: "repository", match: "match", tag: "tag" } as const;

/** Reads a target: `HOST/REPOSITORY[:TAG]` with words between braces. */
export function readTarget(reading: Reading, text: string, path: Path): TargetTemplate | undefined {
  return reading.try(path, () => {
    const { host: written, repository, tag = "{tag}", digest } = splitImage(text, "to");
    if (digest !== undefined)
      throw new SyntaxError(`${JSON.stringify(text)} has a digest; a target has a repository, and perhaps a tag`);
    if (repository.includes("*"))
      throw new SyntaxError(`${JSON.stringify(text)} has a *: write {match} for what the * of from stands for`);
    if (/[{}]/.test(written))
      throw new SyntaxError(`${JSON.stringify(text)}: the host is written out, words in braces come after it`);
    const template: TargetTemplate = {
      text,
      at: reading.at(path),
      host: parseHost(written),
      repository: partsOf(repository, ["repository", "match", "host"]),
      tag: partsOf(tag, PLACEHOLDERS),
    };
    targetRepository(template, SAMPLE);
    // A repository's slashes can't be in a tag.
    targetTag(template, SAMPLE);
    return template;
  });
}

function partsOf(text: string, known: readonly Placeholder[]): readonly TemplatePart[] {
  return text
    .split(/(\{[^{}]*\})/)
    .filter((part) => part !== "")
    .map((part) => {
      if (!part.startsWith("{")) {
        if (/[{}]/.test(part)) throw new SyntaxError(`${JSON.stringify(text)} has a brace without its other one`);
        return part;
      }
      const word = part.slice(1, -1);
      const placeholder = known.find((candidate) => candidate === word);
      if (placeholder !== undefined) return { placeholder };
      if (PLACEHOLDERS.some((candidate) => candidate === word)) {
        throw new SyntaxError(
          `{${word}} can't be in a repository; there are ${known.map((name) => `{${name}}`).join(", ")}`,
        );
      }
      const meant = suggest(word, known);
      const rest =
        meant === undefined
          ? `; there are ${known.map((name) => `{${name}}`).join(", ")}`
          : `; did you mean {${meant}}?`;
      throw new SyntaxError(`unknown word {${word}}${rest}`);
    });
}
