import { compileGlob } from "./glob/compile-glob.ts";
import type { TagPattern } from "./tag-rules.ts";

/** The characters that make a text a glob; none of them can be in a tag. */
const GLOB = /[*?[\]{}()!+@|\\]/;

/** A glob that is compiled. */
export interface GlobPattern extends TagPattern {
  /** Whether the whole name fits. */
  matches(name: string): boolean;
}

/** Whether the text is a glob, and no plain name. */
export function isGlob(text: string): boolean {
  return GLOB.test(text);
}

/** A glob for whole tags, or names: `3.*`, `v[0-9]*`, `{stable,edge}`. A `*` is any characters but "/". @throws {SyntaxError} saying what is wrong with it. */
export function globPattern(text: string): GlobPattern {
  if (text === "") throw new SyntaxError("the glob is empty");
  let fits: (name: string) => boolean;
  try {
    fits = compileGlob(text, { nonegate: true });
  } catch (error) {
    const detail = error instanceof Error ? error.message : String(error);
    throw new SyntaxError(`${JSON.stringify(text)} is no glob: ${detail}`, { cause: error });
  }
  return { text, matches: fits, select: (tags) => tags.filter(fits) };
}
