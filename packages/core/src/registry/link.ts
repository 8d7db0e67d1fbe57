/** The target of the Link with `rel="next"`; undefined where there is none. RFC 8288, 3. */
export function nextLink(header: string | undefined): string | undefined {
  if (header === undefined) return undefined;
  for (const [, target, parameters] of header.matchAll(/<([^>]*)>((?:\s*;\s*[^",;=]+(?:=(?:"[^"]*"|[^",;]*))?)*)/g)) {
    if (
      target !== undefined &&
      /;\s*rel\s*=\s*(?:"(?:[^"]*\s)?next(?:\s[^"]*)?"|next\s*(?:;|$))/i.test(parameters ?? "")
    ) {
      return target;
    }
  }
  return undefined;
}
