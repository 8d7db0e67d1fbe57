import { childrenOf, parseManifest } from "@tranship/core";
import { type Fault, firstTimes, refusal, wholeOf, withBody } from "./fault.ts";

/** What real registries say of manifests, tags and repositories. */
export const MANIFEST_FAULTS: readonly Fault[] = [
  {
    name: "a repository that must exist",
    row: "ecr-no-repository",
    copes: "the registry's own sentence, and nothing is sent",
    at: "target",
    ends: { code: "NAME_UNKNOWN", says: /repository with name '.*' does not exist/ },
    script:
      ({ hit }) =>
      async (request, next) => {
        const { route } = request;
        if (!("repository" in route)) return next();
        hit("404");
        const message = `The repository with name '${route.repository}' does not exist in the registry with id '1234'`;
        return refusal(404, "NAME_UNKNOWN", message);
      },
  },
  {
    name: "a project that must exist",
    row: "harbor-project",
    copes: "the registry's own sentence, and nothing is sent",
    at: "target",
    ends: { code: "NAME_UNKNOWN", says: /project mirror not found/ },
    script:
      ({ hit }) =>
      async (request, next) => {
        if (!("repository" in request.route)) return next();
        hit("404");
        return refusal(404, "NAME_UNKNOWN", "project mirror not found");
      },
  },
  {
    name: "names of two levels only",
    row: "quay-names",
    copes: "the registry's own sentence, and nothing is sent",
    at: "target",
    ends: { code: "NAME_INVALID", says: /invalid repository name/i },
    script:
      ({ hit }) =>
      async (request, next) => {
        if (!("repository" in request.route)) return next();
        hit("400");
        return refusal(400, "NAME_INVALID", "Invalid repository name");
      },
  },
  {
    name: "an immutable tag with the same digest",
    row: "ecr-immutable",
    copes: "refused for a tag that has this digest already: that is success",
    at: "target",
    job: "again",
    script: ({ hit }) => {
      const isFirst = firstTimes(1);
      return async (request, next) => {
        const { route, method } = request;
        if (route.kind !== "manifest" || route.reference.includes(":")) return next();
        // The tag came between the question and the PUT.
        if (method === "HEAD" && isFirst("HEAD")) return refusal(404, "MANIFEST_UNKNOWN", "manifest unknown");
        if (method !== "PUT") return next();
        hit("400");
        const message = `The image tag '${route.reference}' already exists and cannot be overwritten because the tag is immutable.`;
        return refusal(400, "TAG_INVALID", message);
      };
    },
  },
  {
    name: "blobs that are seen late",
    row: "ecr-late",
    copes: "the manifest is put again after 100, 300 and 900 ms",
    at: "target",
    script: ({ hit }) => {
      const isEarly = firstTimes(2);
      return async (request, next) => {
        const { route, method } = request;
        if (route.kind !== "manifest" || method !== "PUT" || !isEarly(route.reference)) return next();
        hit("late");
        return refusal(400, "MANIFEST_BLOB_UNKNOWN", "blob unknown to registry");
      };
    },
  },
  {
    name: "an index whose children must be there",
    row: "nexus-children",
    copes: "children go before their parents; a selection of platforms rewrites the index",
    at: "target",
    script: ({ hit }) => {
      const there = new Set<string>();
      return async (request, next) => {
        const { route, method } = request;
        if (route.kind !== "manifest" || method !== "PUT") return next();
        const bytes = await wholeOf(request);
        const manifest = parseManifest(bytes, request.headers["content-type"] ?? "");
        if (manifest.kind === "index") {
          hit("an index");
          const missing = childrenOf(manifest).find(({ digest }) => !there.has(digest));
          if (missing !== undefined) return refusal(404, "MANIFEST_UNKNOWN", `manifest ${missing.digest} unknown`);
        }
        const answer = await next(withBody(request, bytes));
        there.add(answer.headers?.["docker-content-digest"] ?? "");
        return answer;
      };
    },
  },
  ...[403, 404].map(
    (status): Fault => ({
      name: `${status} to a HEAD of a manifest`,
      row: "nexus-head",
      copes: "a GET decides, and for a day manifests of that host get no HEAD; at a target 404 means missing",
      at: "source",
      job: "again",
      script:
        ({ hit }) =>
        async ({ method, route }, next) => {
          if (method !== "HEAD" || route.kind !== "manifest") return next();
          hit(String(status));
          return { status, body: "" };
        },
    }),
  ),
  {
    name: "403 for a tag that is missing",
    row: "artifactory-403",
    copes: "a GET decides; a target that refuses that too is written to",
    at: "target",
    script:
      ({ hit }) =>
      async (request, next) => {
        const answer = await next();
        if (request.route.kind !== "manifest" || answer.status !== 404) return answer;
        hit(request.method);
        return refusal(403, "UNAUTHORIZED", "The client does not have permission for manifest");
      },
  },
  {
    name: "no referrers API",
    row: "hub-no-referrers",
    copes:
      "the referrers tag in its place; the 404 of a repository is remembered for 10 minutes at most, and `verify` always asks",
    at: "target",
    job: "referrers",
    script:
      ({ hit }) =>
      async (request, next) => {
        if (request.route.kind === "referrers") {
          hit("404");
          return { status: 404, body: "404 page not found\n" };
        }
        const answer = await next();
        if (request.route.kind !== "manifest" || request.method !== "PUT") return answer;
        hit("silence");
        const { "oci-subject": _, ...headers } = answer.headers ?? {};
        return { ...answer, headers };
      },
  },
];
