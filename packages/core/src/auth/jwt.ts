import { parseJson } from "../content/parse-json.ts";
/** What a JSON Web Token says of itself. Its signature is not ours to check: it goes back to whoever made it. */
export type Claims = Readonly<Record<string, unknown>>;

/** The claims; undefined where it is no JWT. Spec: RFC 7519, 7.2. */
export function claimsOf(token: string): Claims | undefined {
  const parts = token.split(".");
  if (parts.length !== 3) return undefined;
  try {
    const document: unknown = parseJson(Buffer.from(parts[1] ?? "", "base64url").toString());
    return isRecord(document) ? document : undefined;
  } catch {
    return undefined;
  }
}

/**
 * How long it lives from when it came, in ms; undefined without `exp`, 0 where it had expired. By the clock of the server (its Date header);
 * without it by ours where that is within the token's life, else from when it was made. Date has whole seconds: the rest of that second is
 * taken as gone.
 */
export function jwtLifetimeMs({ exp, iat }: Claims, date: string | undefined): number | undefined {
  if (typeof exp !== "number" || !Number.isFinite(exp)) return undefined;
  const answeredMs = Date.parse(date ?? "") + 999;
  return Math.max(0, exp * 1000 - (Number.isNaN(answeredMs) ? ownClockMs(exp, iat) : answeredMs));
}

function ownClockMs(exp: number, iat: unknown): number {
  const now = Date.now();
  if (typeof iat !== "number") return now;
  return iat * 1000 <= now && now < exp * 1000 ? now : iat * 1000;
}

function isRecord(value: unknown): value is Claims {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
