/** What stands in the place of a value that may be a secret. */
export const REDACTED = "REDACTED";

/** Parameters of the distribution API and of Azure's, and of a token request, whose values are no secrets; in lower case. */
export const SAFE_PARAMETERS: ReadonlySet<string> = new Set([
  "api-version",
  "artifacttype",
  "digest",
  "from",
  "last",
  "mount",
  "n",
  "orderby",
  "scope",
  "service",
]);

/**
 * The URL without user, password and fragment, and `REDACTED` in the place of each value of its query that isn't known to be safe: the query of an upload's
 * Location or of a CDN is a capability.
 * @param safe More parameters that keep their values, in lower case.
 */
export function redactedUrl(url: URL, safe?: ReadonlySet<string>): string {
  return `${url.protocol}//${url.host}${url.pathname}${redactedQuery(url.search, safe)}`;
}

/** The same for each URL, absolute or relative, in the text of a `Location` or `Link` header. */
export function redactedUrls(text: string, safe?: ReadonlySet<string>): string {
  return text
    .replace(/\/\/[^/?#@\s]*@/g, "//")
    .replace(/\?[^#>\s"]*/g, (query) => redactedQuery(query, safe))
    .replace(/#[^>\s"]*/g, "");
}

/** A query, from its question mark on, with `REDACTED` for each value that is not known to be safe. */
export function redactedQuery(query: string, safe: ReadonlySet<string> = SAFE_PARAMETERS): string {
  if (query.length < 2) return "";
  const parts = query
    .slice(1)
    .split("&")
    .map((part) => {
      const [name = "", value] = part.split("=", 2);
      // A value without a name may be all that there is.
      if (value === undefined) return part === "" ? "" : REDACTED;
      const known = name.toLowerCase();
      return SAFE_PARAMETERS.has(known) || safe.has(known) ? part : `${name}=${REDACTED}`;
    });
  return `?${parts.join("&")}`;
}
