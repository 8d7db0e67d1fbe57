import type { Answer, Next, ServedRequest } from "tranship";
import { type Authority, authorize } from "./access/authorize.ts";
import { type EntraTrust, exchangeToken, issueAccessToken, type Note } from "./access/token-endpoints.ts";
import type { Downloads } from "./content/downloads.ts";
import { listRepositories, listTagNames } from "./content/lists.ts";
import { checkDeletable, checkReadable } from "./content/locks.ts";
import { answerManifest } from "./content/manifests.ts";
import type { Uploads } from "./content/uploads.ts";
import { answerManagement, type Management } from "./management/management.ts";
import { parseManagementRoute } from "./management/management-route.ts";
import { Refusal } from "./refusal.ts";

/** What the registry's server is made of. */
export interface RegistryParts {
  readonly authority: Authority;
  readonly trust: EntraTrust;
  readonly management: Management;
  readonly uploads: Uploads;
  readonly downloads: Downloads;
  /** The origin of blob storage. */
  readonly storageUrl: string;
}

/** Answers one request to the registry; `next` is the engine, which stores content and knows no users. @throws {Refusal} */
export async function answerRegistry(
  parts: RegistryParts,
  request: ServedRequest,
  next: Next,
  note: Note,
): Promise<Answer> {
  const { authority, management, trust } = parts;
  checkThrottle(authority);
  if (request.path === "/oauth2/exchange") return exchangeToken(authority, trust, request, note);
  if (request.path === "/oauth2/token") return issueAccessToken(authority, request, note);
  authorize(authority, request);
  const route = parseManagementRoute(request.path);
  return route === undefined ? answerContent(parts, request, next) : answerManagement(management, route, request, next);
}

/** The distribution API, around the engine. */
async function answerContent(parts: RegistryParts, request: ServedRequest, next: Next): Promise<Answer> {
  const { authority, management, uploads } = parts;
  const { records, paging } = management;
  const { method, route } = request;
  switch (route.kind) {
    case "manifest":
      return answerManifest(records, authority.behaviour, route, request, next);
    case "blob":
      return answerBlob(parts, route, request, next);
    case "uploads":
    case "upload":
      return uploads.answer(route, request, next);
    case "catalog":
      return method === "GET" ? listRepositories(records, request, paging) : next();
    case "tags":
      return method === "GET" ? listTagNames(records, route.repository, request, paging) : next();
    default:
      return next();
  }
}

/** A blob is sent by the storage; the registry only says where it is. */
async function answerBlob(
  { downloads, management, storageUrl }: RegistryParts,
  { repository, digest }: { readonly repository: string; readonly digest: string },
  request: ServedRequest,
  next: Next,
): Promise<Answer> {
  const record = management.records.find(repository);
  if (request.method === "DELETE") {
    checkDeletable(record);
    return next();
  }
  checkReadable(record);
  if (request.method !== "GET") return next();
  return (
    (await downloads.missing(next, request, repository, digest)) ?? downloads.redirect(storageUrl, repository, digest)
  );
}

function checkThrottle({ behaviour }: Authority): void {
  if (behaviour.throttled <= 0) return;
  behaviour.throttled -= 1;
  throw new Refusal(429, "TOOMANYREQUESTS", "too many requests", { headers: { "retry-after": "0" } });
}
