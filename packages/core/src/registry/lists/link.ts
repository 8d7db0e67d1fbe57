/** One link-value of a Link header: `<target>`, then its parameters. RFC 8288, 3. */
const LINK_VALUE: RegExp = /<([^<>]*)>((?:\s*;\s*(?:[^\s",;<>=]+(?:\s*=\s*(?:"(?:[^"\\]|\\.)*"|[^\s",;]*))?)?)*)\s*/y;
const PARAMETER: RegExp = /;\s*([^\s",;<>=]+)(?:\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s",;]*)))?/g;
const SEPARATORS: RegExp = /(?:\s|,)*/y;

/**
 * The target of the Link with `rel="next"`; undefined where the header has none. RFC 8288, 3.
 * @throws {SyntaxError} for a header that cannot be read: without `<>`, without `rel`, or malformed. It may name a next page.
 */
export function nextLink(header: string | undefined): string | undefined {
  if (header === undefined) return undefined;
  for (let at = skipSeparators(header, 0); at < header.length; ) {
    LINK_VALUE.lastIndex = at;
    const [whole, target = "", parameters = ""] = LINK_VALUE.exec(header) ?? [];
    if (whole === undefined) throw malformed('expected <URL>; rel="next"');
    const relations = relationsOf(parameters);
    if (relations === undefined) throw malformed("it has no rel");
    if (relations.includes("next")) return target;
    const end = at + whole.length;
    at = skipSeparators(header, end);
    if (at === end && at < header.length) throw malformed("expected a comma between links");
  }
  return undefined;
}

/** The relation types of the first `rel`, which alone counts, in lower case. */
function relationsOf(parameters: string): readonly string[] | undefined {
  for (const [, name, quoted, token] of parameters.matchAll(PARAMETER)) {
    if (name?.toLowerCase() === "rel") return (quoted ?? token ?? "").toLowerCase().split(/\s+/);
  }
  return undefined;
}

function skipSeparators(header: string, at: number): number {
  SEPARATORS.lastIndex = at;
  return at + (SEPARATORS.exec(header)?.[0].length ?? 0);
}

/** The header is not quoted: its URL may be a capability. */
function malformed(detail: string): SyntaxError {
  return new SyntaxError(`the Link header cannot be read: ${detail}`);
}
