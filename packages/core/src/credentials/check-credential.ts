import { quoted } from "../text/quoted.ts";

/** The fields of each kind that must be text. */
const TEXTS = new Map<unknown, readonly string[]>([
  ["basic", ["username", "password"]],
  ["identity", ["token"]],
  ["bearer", ["token"]],
  ["entra", []],
  ["anonymous", ["reason"]],
]);

/**
 * Refuses what is no credential, where no compiler looked: a password that comes from a variable which is not set would be sent as "undefined".
 * @throws {TypeError} without a value of it.
 */
export function checkCredential(value: unknown): void {
  if (typeof value !== "object" || value === null) throw bad(`expected an object with a kind, got ${typeof value}`);
  const fields = new Map<string, unknown>(Object.entries(value));
  const kind = fields.get("kind");
  const texts = TEXTS.get(kind);
  if (texts === undefined) {
    const kinds = [...TEXTS.keys()].join(", ");
    throw bad(`kind: expected one of ${kinds}, got ${typeof kind === "string" ? quoted(kind) : typeof kind}`);
  }
  for (const name of texts) {
    if (typeof fields.get(name) !== "string") throw bad(`${name}: expected text, got ${typeof fields.get(name)}`);
  }
  if (kind === "entra" && !hasGetToken(fields.get("credential"))) {
    throw bad("credential: expected an object with getToken, as those of @azure/identity");
  }
}

/** Whether it is a credential of Microsoft Entra, by structure. */
export function hasGetToken(value: unknown): boolean {
  return typeof value === "object" && value !== null && "getToken" in value && typeof value.getToken === "function";
}

function bad(reason: string): TypeError {
  return new TypeError(`Bad credentials: ${reason}`);
}
