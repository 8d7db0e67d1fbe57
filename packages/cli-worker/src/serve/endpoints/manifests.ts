import {
  algorithmOf,
  childrenOf,
  type Digest,
  digestOf,
  isForeign,
  MAX_MANIFEST_BYTES,
  type Manifest,
  parseManifest,
  StoreError,
} from "@tranship/core";
import { ApiError } from "../api-error.ts";
import type { Answer, ServedRequest } from "../exchange.ts";
import { checkDigest, checkTag } from "../names.ts";
import type { Registry } from "../registry.ts";
import type { Repository } from "../storage/repository.ts";

/**
 * Sends a manifest as it was pushed, whatever the Accept header says: there is only the one form of it.
 * Spec: distribution-spec v1.1.1, "Pulling manifests" (end-3).
 * @throws {ApiError} MANIFEST_UNKNOWN.
 */
export async function getManifest(repository: Repository, reference: string, request: ServedRequest): Promise<Answer> {
  checkIfDigest(reference);
  if (request.method === "HEAD") {
    const descriptor = await repository.resolve(reference);
    if (descriptor === undefined) throw unknownManifest(repository, reference);
    return { status: 200, headers: headersOf(descriptor.mediaType, descriptor.digest, descriptor.size) };
  }
  const content = await repository.open(reference);
  if (content === undefined) throw unknownManifest(repository, reference);
  const { mediaType, digest, size } = content.descriptor;
  return { status: 200, headers: headersOf(mediaType, digest, size), body: content.bytes };
}

/**
 * Stores a manifest whose children are all there; its subject need not be.
 * Spec: distribution-spec v1.1.1, "Pushing Manifests", "Pushing Manifests with Subject" (end-7).
 * @throws {ApiError} MANIFEST_INVALID; DIGEST_INVALID where it isn't what its reference says; MANIFEST_BLOB_UNKNOWN; SIZE_INVALID (413) over 4 MiB.
 */
export async function putManifest(
  registry: Registry,
  repository: Repository,
  reference: string,
  request: ServedRequest,
): Promise<Answer> {
  const expected = checkIfDigest(reference);
  const tag = expected === undefined ? checkTag(reference) : undefined;
  const bytes = await readManifestBytes(repository, reference, request);
  const digest = digestOf(bytes, expected === undefined ? "sha256" : algorithmOf(expected));
  if (expected !== undefined && digest !== expected) {
    throw new ApiError(
      400,
      "DIGEST_INVALID",
      `Cannot store manifest "${expected}": its ${bytes.length} bytes hash to ${digest}`,
    );
  }
  const manifest = checkManifest(bytes, request.headers["content-type"]);
  await checkChildren(repository, reference, manifest);
  const descriptor = { mediaType: manifest.mediaType, digest, size: bytes.length };
  await registry.quota.take(bytes.length);
  try {
    await repository.pushManifest({ descriptor, bytes }, tag);
  } finally {
    registry.quota.written(bytes.length);
  }
  return {
    status: 201,
    headers: {
      location: `/v2/${repository.name}/manifests/${digest}`,
      "docker-content-digest": digest,
      ...(manifest.subject && { "oci-subject": manifest.subject.digest }),
    },
  };
}

/** Removes a tag, or a manifest with all of its tags. Spec: distribution-spec v1.1.1, "Deleting tags", "Deleting Manifests" (end-9). */
export async function deleteManifest(registry: Registry, repository: Repository, reference: string): Promise<Answer> {
  const digest = checkIfDigest(reference);
  const descriptor = await repository.resolve(reference);
  if (descriptor === undefined) throw unknownManifest(repository, reference);
  if (digest === undefined) await repository.removeTag(reference);
  else await repository.removeManifest(descriptor);
  registry.quota.removed();
  return { status: 202 };
}

function headersOf(mediaType: string, digest: Digest, size: number): Readonly<Record<string, string>> {
  return {
    "content-type": mediaType,
    "content-length": String(size),
    "docker-content-digest": digest,
    etag: `"${digest}"`,
  };
}

/** The digest, where the reference is meant to be one. @throws {ApiError} DIGEST_INVALID. */
function checkIfDigest(reference: string): Digest | undefined {
  return reference.includes(":") ? checkDigest(reference) : undefined;
}

async function readManifestBytes(
  repository: Repository,
  reference: string,
  request: ServedRequest,
): Promise<Uint8Array> {
  const pieces: Uint8Array[] = [];
  let size = Number(request.headers["content-length"] ?? 0);
  if (size <= MAX_MANIFEST_BYTES) {
    size = 0;
    for await (const piece of request.body) {
      pieces.push(piece);
      size += piece.length;
      if (size > MAX_MANIFEST_BYTES) break;
    }
  }
  if (size <= MAX_MANIFEST_BYTES) return Buffer.concat(pieces);
  const detail = `a manifest may have ${MAX_MANIFEST_BYTES} bytes at most`;
  throw new ApiError(413, "SIZE_INVALID", `Cannot store manifest "${reference}" in "${repository.name}": ${detail}`);
}

function checkManifest(bytes: Uint8Array, contentType: string | undefined): Manifest {
  let manifest: Manifest;
  try {
    manifest = parseManifest(bytes, contentType);
  } catch (error) {
    if (!(error instanceof StoreError)) throw error;
    throw new ApiError(400, "MANIFEST_INVALID", error.message);
  }
  const said = contentType?.split(";", 1)[0]?.trim();
  if (said === undefined || said === manifest.mediaType) return manifest;
  throw new ApiError(400, "MANIFEST_INVALID", `Bad manifest: it is "${manifest.mediaType}", but was sent as "${said}"`);
}

async function checkChildren(repository: Repository, reference: string, manifest: Manifest): Promise<void> {
  const needed = childrenOf(manifest).filter((child) => !isForeign(child));
  const missing: string[] = [];
  for (const { digest } of needed) {
    if ((await repository.blobSize(digest)) === undefined) missing.push(digest);
  }
  if (missing.length === 0) return;
  const detail = `not there yet: ${missing.slice(0, 5).join(", ")}${missing.length > 5 ? `, and ${missing.length - 5} more` : ""}`;
  throw new ApiError(
    400,
    "MANIFEST_BLOB_UNKNOWN",
    `Cannot store manifest "${reference}" in "${repository.name}": ${detail}`,
  );
}

function unknownManifest(repository: Repository, reference: string): ApiError {
  return new ApiError(404, "MANIFEST_UNKNOWN", `Cannot find manifest "${reference}" in "${repository.name}"`);
}
