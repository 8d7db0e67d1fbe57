import { badRequest } from "../refusal.ts";

/** What may be done to a repository, a manifest or a tag: what ACR calls its locks. */
export interface Attributes {
  readonly deleteEnabled: boolean;
  readonly writeEnabled: boolean;
  readonly listEnabled: boolean;
  readonly readEnabled: boolean;
}

export const UNLOCKED: Attributes = { deleteEnabled: true, writeEnabled: true, listEnabled: true, readEnabled: true };

/** The attributes with the changes of a PATCH's body, which names only those that change. @throws {Refusal} 400 for a body that is none. */
export function changedAttributes(attributes: Attributes, body: Buffer): Attributes {
  let changes: unknown;
  try {
    changes = body.length === 0 ? {} : JSON.parse(body.toString());
  } catch {
    throw badRequest("the body is no JSON");
  }
  if (changes === null || typeof changes !== "object" || Array.isArray(changes)) {
    throw badRequest("the body is no JSON object");
  }
  for (const [name, value] of Object.entries(changes)) {
    if (!(name in UNLOCKED)) throw badRequest(`"${name}" is no changeable attribute`);
    if (typeof value !== "boolean") throw badRequest(`"${name}" is neither true nor false`);
  }
  return { ...attributes, ...changes };
}
