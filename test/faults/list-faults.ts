import { digestOf } from "@tranship/core";
import { type Fault, type FaultContext, refusal } from "./fault.ts";

const DOUBT = "the tags that came are copied, and the list fails, since there may be more; nothing is deleted on it";

/** As many digest tags as are asked for at once: a copy without referrers leaves them out. */
const MANY: readonly string[] = Array.from({ length: 1000 }, (_, at) => `sha256-${at.toString(16).padStart(64, "0")}`);

/** What a script says of one page. */
interface ScriptedPage {
  readonly tags: readonly string[] | null;
  readonly manifest?: object;
  readonly link?: string;
}

/** Answers each request for a page of tags; `whole` are the tags that there are. */
function listing(
  answer: (page: {
    readonly whole: readonly string[];
    readonly last: string | null;
    readonly path: string;
  }) => ScriptedPage,
): Fault["script"] {
  return ({ hit }: FaultContext) =>
    async (request, next) => {
      if (request.route.kind !== "tags") return next();
      hit("a page");
      const served = await next({ ...request, query: new URLSearchParams() });
      const { tags: whole } = JSON.parse(String(served.body));
      const { link, ...document } = answer({ whole, last: request.query.get("last"), path: request.path });
      const headers = { "content-type": "application/json", ...(link !== undefined && { link }) };
      return { status: 200, headers, body: JSON.stringify({ name: "x", ...document }) };
    };
}

/** What real registries do with lists. */
export const LIST_FAULTS: readonly Fault[] = [
  {
    name: "a list of tags that ignores its paging",
    row: "gar-tags",
    copes: "a page that maps all of its tags to digests is the whole list, whatever its `Link` says",
    at: "source",
    job: "tags",
    script: listing(({ whole, path }) => ({
      tags: whole,
      manifest: { [digestOf(Buffer.from("an image"))]: { tag: whole } },
      link: `<${path}?n=2&last=zzz>; rel="next"`,
    })),
  },
  {
    name: "a list of tags without pages",
    row: "d2-tags",
    copes: "more tags than asked for, and the same ones after the last, are the whole list",
    at: "source",
    job: "tags",
    script: listing(({ whole }) => ({ tags: [...whole, ...MANY] })),
  },
  {
    name: "a list of tags that is cut without a Link",
    row: "crane-tags",
    copes: "after a page as long as asked, the tags that follow its last one are requested; an empty page is the end",
    at: "source",
    job: "tags",
    script: listing(({ whole, last }) => ({ tags: last === null ? MANY : last === MANY.at(-1) ? whole : [] })),
  },
  {
    name: "an empty page of a list that goes on",
    row: "empty-page",
    copes: "its `Link` is followed",
    at: "source",
    job: "tags",
    script: listing(({ whole, last, path }) => {
      if (last === "2") return { tags: whole };
      return { tags: last === null ? [] : null, link: `<${path}?last=${last === null ? 1 : 2}>; rel="next"` };
    }),
  },
  {
    name: "a Link without <>",
    row: "quay-link",
    copes: DOUBT,
    at: "source",
    job: "tags",
    ends: { code: "PROTOCOL", says: /the Link header cannot be read/, isCopied: true },
    script: listing(({ whole, path }) => ({ tags: whole, link: `${path}?n=50&next_page=abc; rel="next"` })),
  },
  {
    name: "pages that lead in a circle",
    row: "link-loop",
    copes: DOUBT,
    at: "source",
    job: "tags",
    ends: { code: "PROTOCOL", says: /circle/, isCopied: true },
    script: listing(({ whole, last, path }) => ({ tags: whole, link: `<${path}?last=${last}x>; rel="next"` })),
  },
  {
    name: "the same page whatever is asked for",
    row: "same-page",
    copes: DOUBT,
    at: "source",
    job: "tags",
    ends: { code: "PROTOCOL", says: /ignores "last"/, isCopied: true },
    script: listing(({ whole }) => ({ tags: [...whole, ...MANY].slice(0, MANY.length) })),
  },
  {
    name: "no catalogue",
    row: "ghcr-catalog",
    copes: "`repos` says that there is none; nothing else needs it",
    at: "target",
    job: "catalog",
    script:
      ({ hit }) =>
      async (request, next) => {
        if (request.route.kind !== "catalog") return next();
        hit("404");
        return refusal(404, "UNSUPPORTED", "not found");
      },
  },
];
