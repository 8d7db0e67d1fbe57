import { parseJson, whyNotJson } from "../content/parse-json.ts";
import type { Scope } from "../http/request.ts";
import { type Claims, claimsOf, jwtLifetimeMs } from "./jwt.ts";
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
 * that is wrong here or there changes nothing; a tenth of the lifetime, at most 30 s, is kept back for the way. Where the answer has no
 * `expires_in`, as with ACR, the token's own `exp` is read; one that had expired when it came is used once.
 * Spec: distribution v3.1, "Token Authentication Specification".
 * @throws {SyntaxError} saying what is wrong with it, without showing it.
 */
export function parseToken(text: string, asked: readonly Scope[], date: string | undefined): Token {
  const answer = parseObject(text);
  const value = [answer["token"], answer["access_token"]].find((field) => typeof field === "string" && field !== "");
  if (typeof value !== "string") throw new SyntaxError("the answer has no token");
  if (!/^[\x21-\x7e]+$/.test(value)) throw new SyntaxError("the token has characters that no header may have");
  const scope = answer["scope"];
  const claims = claimsOf(value);
  const granted =
    typeof scope === "string" && scope.trim() !== "" ? mergeScopes([scope]) : (claimedScopes(claims) ?? asked);
  const claimedMs =
    answer["expires_in"] === undefined && claims !== undefined ? jwtLifetimeMs(claims, date) : undefined;
  const lifetimeMs = claimedMs === undefined ? lifetimeOf(answer, date) : usableMs(claimedMs);
  return { value, granted, lifetimeMs };
}

/** What is left of a lifetime when the way of the requests is kept back. */
export function usableMs(lifetimeMs: number): number {
  return Math.max(1, Math.min(MAX_LIFETIME_S * 1000, lifetimeMs) - Math.min(30_000, lifetimeMs / 10));
}

function lifetimeOf(answer: Readonly<Record<string, unknown>>, date: string | undefined): number {
  const seconds = Number(answer["expires_in"] ?? MIN_LIFETIME_S);
  const wanted = Number.isFinite(seconds) ? seconds : MIN_LIFETIME_S;
  const lifetimeMs = Math.min(MAX_LIFETIME_S, Math.max(MIN_LIFETIME_S, wanted)) * 1000;
  const issued = typeof answer["issued_at"] === "string" ? Date.parse(answer["issued_at"]) : Number.NaN;
  const ageMs = Math.max(0, Date.parse(date ?? "") - issued) || 0;
  return Math.max(1, usableMs(lifetimeMs) - ageMs);
}

/**
 * The `access` claim that the tokens of distribution and, with capitals, of ACR carry; undefined where the token is opaque, or has it in a form
 * that isn't known.
 */
function claimedScopes(claims: Claims | undefined): readonly Scope[] | undefined {
  const access = claims?.["access"];
  if (!Array.isArray(access)) return undefined;
  const scopes = access.map(claimedScope);
  return scopes.includes(undefined) ? undefined : mergeScopes(scopes.filter((scope) => scope !== undefined));
}

function claimedScope(entry: unknown): Scope | undefined {
  if (!isRecord(entry)) return undefined;
  const type = entry["type"] ?? entry["Type"];
  const name = entry["name"] ?? entry["Name"];
  const actions = entry["actions"] ?? entry["Actions"];
  if (typeof type !== "string" || typeof name !== "string" || !Array.isArray(actions)) return undefined;
  return actions.length === 0 ? "" : `${type}:${name}:${actions.join(",")}`;
}

/** @throws {SyntaxError} where the answer is no JSON object. */
export function parseObject(text: string): Readonly<Record<string, unknown>> {
  let document: unknown;
  try {
    document = parseJson(text);
  } catch (error) {
    throw new SyntaxError(whyNotJson(error, "the answer is no JSON"));
  }
  if (!isRecord(document)) throw new SyntaxError("the answer is no JSON object");
  return document;
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
