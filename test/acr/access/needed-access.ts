import type { ServedRequest } from "tranship";
import type { Access } from "../../support/token-scope.ts";
import { parseManagementRoute } from "../management/management-route.ts";
import type { RepositoryAction } from "./principals.ts";

const CATALOG: Access = { type: "registry", name: "catalog", actions: ["*"] };

/** What a token must open for the request, in the order in which the challenge names it; nothing for the ping. */
export function neededAccess(request: ServedRequest): readonly Access[] {
  const management = parseManagementRoute(request.path);
  if (management?.kind === "catalog") return [CATALOG];
  if (management !== undefined) return [access(management.repository, managementAction(request.method))];
  const { route } = request;
  switch (route.kind) {
    case "base":
    case "unknown":
      return [];
    case "catalog":
      return [CATALOG];
    case "tags":
    case "referrers":
      return [access(route.repository, "pull")];
    case "uploads":
    case "upload":
      return [access(route.repository, "pull", "push"), ...mountedFrom(request)];
    case "manifest":
    case "blob":
      return [access(route.repository, ...contentActions(request.method))];
  }
}

function managementAction(method: string): RepositoryAction {
  if (method === "DELETE") return "delete";
  return method === "PATCH" ? "metadata_write" : "metadata_read";
}

function contentActions(method: string): readonly RepositoryAction[] {
  if (method === "DELETE") return ["delete"];
  return method === "PUT" ? ["pull", "push"] : ["pull"];
}

function mountedFrom({ query }: ServedRequest): readonly Access[] {
  const from = query.get("mount") === null ? null : query.get("from");
  return from === null ? [] : [access(from, "pull")];
}

function access(name: string, ...actions: readonly RepositoryAction[]): Access {
  return { type: "repository", name, actions };
}
