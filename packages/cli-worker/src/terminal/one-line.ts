import { escapeText } from "./escape-text.ts";

/** The text on one line and harmless on a terminal: what a registry or an image says may hold control characters. */
export function oneLine(text: string): string {
  return escapeText(text.replace(/\s+/g, (space) => (/[\r\n]/.test(space) ? " " : space))).trim();
}
