import type { Plugin } from "rolldown";

/**
 * Chunks in ASCII: one character of another kind makes Node decode a whole file the slow way, and V8 keep two bytes for each of its characters, at each start.
 * An escape stands for the same in strings, templates, regular expressions and names; a raw template would show it, and fails the build.
 */
export function asciiOnly(): Plugin {
  return {
    name: "ascii-only",
    renderChunk(code) {
      if (/String\.raw`[^`]*[^\0-\x7f]/.test(code)) throw new Error("A raw template has characters that are not ASCII");
      // The escape of one that is escaped already would be text.
      if (/\\[^\0-\x7f]/.test(code)) throw new Error("A backslash stands before a character that is not ASCII");
      return code.replaceAll(/[^\0-\x7f]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`);
    },
  };
}
