import type { Scope } from "../request.ts";
import { mergeScopes } from "./scope.ts";

/** An access token as a token service gave it. */
export interface Token {
  readonly value: string;
  /** What it is good for: as the answer said, else as the token itself says, else what was asked. */
  readonly granted: readonly Scope[];
  /** How long it may be used from when it came, in ms. */
  readonly lifetimeMs: number;
}

/** The spec's default, and the shortest that is believed. */
const MIN_LIFETIME_S = 60;
const MAX_LIFETIME_S = 30 * 24 * 3600;

/**
 * Reads the answer of a token service. Its age is taken on the server's own clock (`issued_at` against the Date header), so that a clock
 * that is wrong here or there changes nothing; a tenth of the lifetime, at most 30 s, is kept back for the way.
 * Spec: distribution v3.1, "Token Authentication Specification".
 * @throws {SyntaxError} saying what is wrong with it, without showing it.
 */
export function parseToken(text: string, asked: readonly Scope[], date: string | undefined): Token {
  const answer = parseObject(text);
  const value = [answer["token"], answer["access_token"]].find((field) => typeof field === "string" && field !== "");
  if (typeof value !== "string") throw new SyntaxError("the answer has no token");
  if (!/^[\x21-\x7e]+$/.test(value)) throw new SyntaxError("the token has characters that no header may have");
  const scope = answer["scope"];
  const granted =
    typeof scope === "string" && scope.trim() !== "" ? mergeScopes([scope]) : (claimedScopes(value) ?? asked);
  return { value, granted, lifetimeMs: lifetimeOf(answer, date) };
}

function lifetimeOf(answer: Readonly<Record<string, unknown>>, date: string | undefined): number {
  const seconds = Number(answer["expires_in"] ?? MIN_LIFETIME_S);
  const wanted = Number.isFinite(seconds) ? seconds : MIN_LIFETIME_S;
  const lifetimeMs = Math.min(MAX_LIFETIME_S, Math.max(MIN_LIFETIME_S, wanted)) * 1000;
  const issued = typeof answer["issued_at"] === "string" ? Date.parse(answer["issued_at"]) : Number.NaN;
  const ageMs = Math.max(0, Date.parse(date ?? "") - issued) || 0;
  return Math.max(1, lifetimeMs - Math.min(30_000, lifetimeMs / 10) - ageMs);
}

/** The `access` claim that distribution's tokens carry; undefined where the token is opaque. */
function claimedScopes(token: string): readonly Scope[] | undefined {
  const payload = token.split(".");
  if (payload.length !== 3) return undefined;
  let claims: Readonly<Record<string, unknown>>;
  try {
    claims = parseObject(Buffer.from(payload[1] ?? "", "base64url").toString());
  } catch {
    return undefined;
  }
  const access = claims["access"];
  if (!Array.isArray(access)) return undefined;
  return mergeScopes(
    access.filter(isRecord).flatMap(({ type, name, actions }) => {
      if (typeof type !== "string" || typeof name !== "string" || !Array.isArray(actions)) return [];
      return actions.length === 0 ? [] : [`${type}:${name}:${actions.join(",")}`];
    }),
  );
}

function parseObject(text: string): Readonly<Record<string, unknown>> {
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch {
    throw new SyntaxError("the answer is no JSON");
  }
  if (!isRecord(document)) throw new SyntaxError("the answer is no JSON object");
  return document;
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
