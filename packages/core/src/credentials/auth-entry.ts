import type { Credential } from "./credential.ts";

const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2,3}={0,2})?$/;

/**
 * Reads one entry of `auths`, as docker and containers/image do: `registrytoken` before `identitytoken` before `auth` before the old
 * `username` and `password`. Undefined for an entry without any, which docker leaves for each registry whose credential a helper keeps.
 * @throws {SyntaxError} with what is wrong, never with the value.
 */
export function decodeAuthEntry(entry: Readonly<Record<string, unknown>>): Credential | undefined {
  const registryToken = text(entry, "registrytoken");
  const identityToken = text(entry, "identitytoken");
  const auth = text(entry, "auth");
  const username = text(entry, "username");
  const password = text(entry, "password");
  if (registryToken !== "") return { kind: "bearer", token: registryToken };
  if (identityToken !== "") return { kind: "identity", token: identityToken };
  if (auth !== "") return decodeAuth(auth);
  return username === "" ? undefined : { kind: "basic", username, password };
}

/** The entry that docker writes for a user and password. */
export function encodeAuthEntry(username: string, password: string): Readonly<Record<string, string>> {
  return { auth: Buffer.from(`${username}:${password}`, "utf8").toString("base64") };
}

function decodeAuth(auth: string): Credential {
  const compact = auth.replace(/[\r\n]/g, "");
  if (!BASE64.test(compact)) throw new SyntaxError('"auth" is not base64');
  const decoded = Buffer.from(compact, "base64").toString("utf8");
  const colon = decoded.indexOf(":");
  if (colon < 1) throw new SyntaxError('"auth" is not the base64 of user:password');
  // Docker's early versions padded the password with NUL; docker and containers/image still strip them.
  const password = decoded.slice(colon + 1).replaceAll(/^\0+|\0+$/g, "");
  return { kind: "basic", username: decoded.slice(0, colon), password };
}

/** A field's text; "" where it is absent or null, as Go reads it. */
function text(entry: Readonly<Record<string, unknown>>, field: string): string {
  const value = entry[field] ?? "";
  if (typeof value !== "string") throw new SyntaxError(`"${field}" is not a string`);
  return value;
}
