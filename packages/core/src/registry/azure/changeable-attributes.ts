import type { ChangeableProperties } from "./properties.ts";

/** What ACR calls each. */
const ATTRIBUTES = {
  canDelete: "deleteEnabled",
  canWrite: "writeEnabled",
  canList: "listEnabled",
  canRead: "readEnabled",
} as const;

/**
 * The body of a PATCH: just what changes.
 * @throws {TypeError} where nothing does, as a misspelt name would have it, and for a value that is neither true nor false.
 */
export function changeableAttributes(properties: ChangeableProperties): Readonly<Record<string, boolean>> {
  const changes: Record<string, boolean> = {};
  for (const [name, attribute] of Object.entries(ATTRIBUTES)) {
    const value: unknown = Object.entries(properties).find(([key]) => key === name)?.[1];
    if (value === undefined) continue;
    if (typeof value !== "boolean") throw new TypeError(`Bad ${name}: expected true or false, got ${typeof value}`);
    changes[attribute] = value;
  }
  if (Object.keys(changes).length > 0) return changes;
  throw new TypeError(`Bad properties: expected one of ${Object.keys(ATTRIBUTES).join(", ")} at least`);
}
