import { type Fault, refusal, withHeaders } from "./fault.ts";

/** What real registries do with lists. */
export const LIST_FAULTS: readonly Fault[] = [
  {
    name: "a list of tags that ignores its paging",
    row: "gar-tags",
    copes: "a page that comes again ends the list",
    at: "source",
    job: "tags",
    script:
      ({ hit }) =>
      async (request, next) => {
        if (request.route.kind !== "tags") return next();
        hit("all of it");
        const answer = await next({ ...request, query: new URLSearchParams() });
        return withHeaders(answer, { link: `<${request.path}?n=2&last=zzz>; rel="next"` });
      },
  },
  {
    name: "pages that lead in a circle",
    row: "link-loop",
    copes: "refused, with the URL that came twice",
    at: "source",
    job: "tags",
    ends: { code: "PROTOCOL", says: /circle/ },
    script:
      ({ hit }) =>
      async (request, next) => {
        if (request.route.kind !== "tags") return next();
        hit("a page");
        const last = request.query.get("last");
        const answer = await next({ ...request, query: new URLSearchParams() });
        const tags = [`after-${last}`];
        return withHeaders(
          { ...answer, body: JSON.stringify({ name: "x", tags }) },
          { link: `<${request.path}?last=${last === "a" ? "b" : "a"}>; rel="next"` },
        );
      },
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
