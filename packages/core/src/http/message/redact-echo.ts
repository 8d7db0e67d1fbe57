import { REDACTED, redactedQuery, SAFE_PARAMETERS } from "./redact-query.ts";

/** Shorter values of a query are no secret, and stand in texts by chance. */
const SHORTEST_SECRET = 6;

/** What may be a URL, absolute or relative, up to its fragment. Nothing may come before its repetition: that takes quadratic time. */
const URL_LIKE = /[^\s"'<>#]+/g;

/** User and password in a URL. */
const USER = /(\b[a-z][a-z0-9+.-]{0,20}:\/\/)[^/?#@\s"'<>]*@/gi;

/** Names of what opens a signed URL, at the clouds and CDNs: `X-Amz-Signature=…`, `"sig": "…"`, `<SignatureProvided>…`. */
const NAMED =
  /\b((?:x-(?:amz|goog)-(?:signature|credential|security-token)|aws_?access_?key_?id|googleaccessid|key-pair-id|signature(?:provided)?|sig|hmac|hdnea|hdnts|_state|(?:access_|refresh_|id_|security)?token|jwt|password|secret)(?:"?\s*[=:]\s*"?|>))([\w.~+/%=!*$,-]{6,})/gi;

/** What is a word, and no secret: `token: expired`. */
const WORD = /^[a-z]+[.,]?$/i;

/**
 * A text from a server with `REDACTED` for what it repeats of the URLs that were requested, and for what looks like the query of a signed URL: whoever reads
 * one may use it. Digests and the other parameters of the distribution API stay.
 */
export function redactedEcho(text: string, urls: readonly URL[] = []): string {
  let redacted = text;
  for (const secret of urls.flatMap(secretsOf)) redacted = redacted.replaceAll(secret, REDACTED);
  return redacted
    .replace(USER, "$1")
    .replace(URL_LIKE, withoutQuery)
    .replace(NAMED, (all, name: string, value: string) =>
      value === REDACTED || WORD.test(value) ? all : `${name}${REDACTED}`,
    );
}

function withoutQuery(url: string): string {
  const at = url.indexOf("?");
  if (at === -1) return url;
  const query = url.slice(at);
  if (!query.includes("=") && !url.slice(0, at).includes("://")) return url;
  return `${url.slice(0, at)}${redactedQuery(query.replaceAll("&amp;", "&"))}`;
}

/** The same for each text in a value of JSON. */
export function redactedValue(value: unknown, urls: readonly URL[] = []): unknown {
  if (typeof value === "string") return redactedEcho(value, urls);
  if (Array.isArray(value)) return value.map((item) => redactedValue(item, urls));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => {
      const isNamed = typeof item === "string" && redactedEcho(`${key}=${item}`) !== `${key}=${item}`;
      return [redactedEcho(key, urls), isNamed ? REDACTED : redactedValue(item, urls)];
    }),
  );
}

/** What a URL holds that may be a secret, as it is written and decoded, the longest first. */
function secretsOf(url: URL): readonly string[] {
  const values = [url.username, url.password];
  for (const part of url.search.slice(1).split("&")) {
    const at = part.indexOf("=");
    const name = part.slice(0, Math.max(0, at)).toLowerCase();
    if (!SAFE_PARAMETERS.has(name)) values.push(part.slice(at + 1));
  }
  const forms = values.flatMap((value) => [value, decoded(value), decoded(value.replaceAll("+", " "))]);
  return [...new Set(forms)].filter((value) => value.length >= SHORTEST_SECRET).toSorted((a, b) => b.length - a.length);
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
