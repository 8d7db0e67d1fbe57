import { ApiError } from "./api-error.ts";
import { deleteBlob, getBlob } from "./endpoints/blobs.ts";
import { listRepositories } from "./endpoints/catalog.ts";
import { commitUpload } from "./endpoints/commit-upload.ts";
import { deleteManifest, getManifest, putManifest } from "./endpoints/manifests.ts";
import { listReferrers } from "./endpoints/referrers.ts";
import { listTags } from "./endpoints/tags.ts";
import { appendUpload, cancelUpload, findSession, getUpload, startUpload } from "./endpoints/uploads.ts";
import type { Answer, ServedRequest } from "./exchange.ts";
import { checkRepository } from "./names.ts";
import type { Registry } from "./registry.ts";
import type { Route } from "./route.ts";

const READING: ReadonlySet<string> = new Set(["GET", "HEAD"]);
/** The methods of each kind of path. */
const METHODS: Readonly<Record<Route["kind"], readonly string[]>> = {
  base: ["GET", "HEAD"],
  catalog: ["GET", "HEAD"],
  tags: ["GET", "HEAD"],
  referrers: ["GET", "HEAD"],
  manifest: ["GET", "HEAD", "PUT", "DELETE"],
  blob: ["GET", "HEAD", "DELETE"],
  uploads: ["POST"],
  upload: ["GET", "PATCH", "PUT", "DELETE"],
  unknown: ["GET", "HEAD"],
};

/** Answers a request. @throws {ApiError} with what the client is told. */
export async function route(registry: Registry, request: ServedRequest): Promise<Answer> {
  const target = request.route;
  checkMethod(registry, request);
  switch (target.kind) {
    case "unknown":
      throw new ApiError(404, "UNSUPPORTED", `Cannot find "${request.path.slice(0, 255)}": no such endpoint`);
    case "base":
      return { status: 200, headers: { "content-type": "application/json" }, body: "{}" };
    case "catalog":
      return listRepositories(registry, request);
    default:
      return routeRepository(registry, target, request);
  }
}

async function routeRepository(
  registry: Registry,
  target: Extract<Route, { readonly repository: string }>,
  request: ServedRequest,
): Promise<Answer> {
  const name = checkRepository(target.repository);
  const { method } = request;
  const isRead = READING.has(method);
  const repository = await registry.folder.repository(name);
  switch (target.kind) {
    case "tags":
      return listTags(repository, request);
    case "referrers":
      return listReferrers(repository, target.digest, request);
    case "manifest":
      if (isRead) return getManifest(repository, target.reference, request);
      if (method === "PUT") return putManifest(registry, repository, target.reference, request);
      return deleteManifest(registry, repository, target.reference);
    case "blob":
      return isRead ? getBlob(repository, target.digest, request) : deleteBlob(registry, repository, target.digest);
    case "uploads":
      return startUpload(registry, repository, request);
    case "upload": {
      if (method === "GET") return getUpload(registry, repository, target.session);
      if (method === "DELETE") return cancelUpload(registry, repository, target.session, request);
      const session = await findSession(registry, repository, target.session);
      if (method === "PATCH") return appendUpload(registry, repository, session, request);
      return commitUpload(registry, repository, session, request);
    }
  }
}

function checkMethod({ writable }: Registry, { method, route: { kind } }: ServedRequest): void {
  const known = METHODS[kind];
  const allowed = writable ? known : known.filter((name) => READING.has(name));
  if (allowed.includes(method)) return;
  const detail = known.includes(method)
    ? "the registry is read-only (tranship serve --writable takes content)"
    : "no such method here";
  throw new ApiError(405, "UNSUPPORTED", `Cannot ${method}: ${detail}`, { allow: allowed.join(", ") });
}
