/**
 * Refuses what is no text: a variable that is not set, where no compiler looked.
 * @throws {TypeError} `Bad tag: expected text, got undefined`.
 */
export function expectText(what: string, value: unknown): void {
  if (typeof value === "string") return;
  throw new TypeError(`Bad ${what}: expected text, got ${value === null ? "null" : typeof value}`);
}
