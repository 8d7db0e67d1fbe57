import type { Answer, Next, ServedRequest } from "tranship";
import { listRepositories } from "../content/lists.ts";
import type { PageOptions } from "../content/page.ts";
import type { Records } from "../content/records.ts";
import { Refusal } from "../refusal.ts";
import type { ManagementRoute } from "./management-route.ts";
import { listManifests, showManifest, updateManifest } from "./manifest-endpoints.ts";
import { deleteRepository, showRepository, updateRepository } from "./repository-endpoints.ts";
import { deleteTag, listTags, showTag, updateTag } from "./tag-endpoints.ts";

/** What the endpoints of `/acr/v1` work on. */
export interface Management {
  readonly records: Records;
  /** Where the engine keeps its repositories. */
  readonly dir: string;
  readonly paging: PageOptions;
}

const METHODS: Readonly<Record<ManagementRoute["kind"], readonly string[]>> = {
  catalog: ["GET"],
  repository: ["GET", "PATCH", "DELETE"],
  tags: ["GET"],
  tag: ["GET", "PATCH", "DELETE"],
  manifests: ["GET"],
  manifest: ["GET", "PATCH"],
};

/** ACR's own API, version 2021-07-01. @throws {Refusal} NAME_UNKNOWN, TAG_UNKNOWN, MANIFEST_UNKNOWN; 405 for what is locked; 400. */
export async function answerManagement(
  management: Management,
  route: ManagementRoute,
  request: ServedRequest,
  next: Next,
): Promise<Answer> {
  const { method } = request;
  if (!METHODS[route.kind].includes(method)) throw new Refusal(405, "UNSUPPORTED", `Cannot ${method} a ${route.kind}`);
  switch (route.kind) {
    case "catalog":
      return listRepositories(management.records, request, management.paging);
    case "repository":
      if (method === "GET") return showRepository(management, route.repository, request);
      if (method === "PATCH") return updateRepository(management, route.repository, request);
      return deleteRepository(management, route.repository);
    case "tags":
      return listTags(management, route.repository, request);
    case "tag":
      if (method === "GET") return showTag(management, route, request);
      if (method === "PATCH") return updateTag(management, route, request);
      return deleteTag(management, route, request, next);
    case "manifests":
      return listManifests(management, route.repository, request);
    case "manifest":
      return method === "GET" ? showManifest(management, route, request) : updateManifest(management, route, request);
  }
}
