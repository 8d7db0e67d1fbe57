import { expectText } from "../text/expect-text.ts";
import { quoted } from "../text/quoted.ts";

const MAX_LENGTH = 255;
const PART = /^[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*$/;

/**
 * Checks the name of a repository within its registry: `library/alpine`.
 * Spec: distribution-spec v1.1.1, "Pulling manifests" (`<name>`); at most 255 characters as in distribution.
 * @throws {SyntaxError} saying what is wrong with it; {TypeError} for what is no text.
 */
export function parseRepositoryName(text: string): string {
  expectText("repository", text);
  const bad = (reason: string) => new SyntaxError(`Bad repository ${quoted(text)}: ${reason}`);
  if (text === "") throw bad("it is empty");
  if (text.length > MAX_LENGTH) throw bad(`it has ${text.length} characters, at most ${MAX_LENGTH} are allowed`);
  for (const part of text.split("/")) {
    if (PART.test(part)) continue;
    if (part === "") throw bad('it has an empty part: one "/" between two parts, none at an end');
    if (PART.test(part.toLowerCase())) throw bad(`it must be lower case: write ${quoted(text.toLowerCase())}`);
    throw bad(
      `part ${quoted(part)} must be lower-case letters and digits, with ".", "_", "__" or dashes only between them`,
    );
  }
  return text;
}
