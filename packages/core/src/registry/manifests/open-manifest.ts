import { MAX_MANIFEST_BYTES } from "../../content/manifest.ts";
import { isSchema1MediaType, MANIFEST_ACCEPT } from "../../content/media-types.ts";
import { parseManifest } from "../../content/parse-manifest.ts";
import { algorithmOf, type Digest, digestOf, isDigest } from "../../digest/digest.ts";
import { DigestMismatchError, StoreError } from "../../errors/errors.ts";
import type { CallOptions, Content } from "../../store/store.ts";
import { explained, statusOf } from "../explain.ts";
import { digestHeader, encodingHeader, mediaTypeHeader, notDecoded } from "../manifest-headers.ts";
import { readWhole, type WholeResponse } from "../read-whole.ts";
import { labelOf, manifestPath, pullScope, type RemoteRepository } from "../remote-repository.ts";

/**
 * Reads the manifest of a tag or digest, its digest computed from the bytes.
 * Requests: 1 GET. Memory: the manifest, at most 4 MiB. Spec: distribution-spec v1.1.1, "Pulling manifests" (end-3).
 * @throws {StoreError} MANIFEST_UNKNOWN; MANIFEST_TOO_LARGE; MANIFEST_INVALID, MANIFEST_UNSUPPORTED.
 * @throws {DigestMismatchError} where the bytes are not those of the digest that was asked for, or of the Docker-Content-Digest of the answer.
 */
export async function openManifest(
  repository: RemoteRepository,
  reference: string,
  options: CallOptions = {},
): Promise<Content> {
  const response = await getManifest(repository, reference, options);
  const type = mediaTypeHeader(response);
  // Its digest is not the hash of its bytes, so the refusal comes first.
  const action = actionOf(repository, reference);
  if (type !== undefined && isSchema1MediaType(type)) parseManifest(response.bytes, type, action);
  const digest = checkedDigest(repository, reference, response);
  const { mediaType } = parsed(response, type, action);
  const content = { descriptor: { mediaType, digest, size: response.bytes.length }, bytes: response.bytes };
  repository.manifests.set(repository.name, content);
  return content;
}

function parsed(response: WholeResponse, type: string | undefined, action: string): ReturnType<typeof parseManifest> {
  const encoding = encodingHeader(response);
  try {
    return parseManifest(response.bytes, type, action);
  } catch (error) {
    if (encoding === undefined || !(error instanceof StoreError)) throw error;
    throw new StoreError(error.code, `${error.message}${notDecoded(encoding)}`, { cause: error });
  }
}

function actionOf(repository: RemoteRepository, reference: string): string {
  return `read manifest "${reference}" of "${labelOf(repository)}"`;
}

/**
 * The bytes of a manifest as the registry gives them, at most 4 MiB; neither read nor verified. 1 GET.
 * @throws {StoreError} MANIFEST_UNKNOWN; MANIFEST_TOO_LARGE.
 */
export async function getManifest(
  repository: RemoteRepository,
  reference: string,
  options: CallOptions,
): Promise<WholeResponse> {
  try {
    return await readWhole(
      repository,
      {
        method: "GET",
        path: manifestPath(repository, reference),
        kind: "manifest",
        scopes: [pullScope(repository.name)],
        headers: { accept: MANIFEST_ACCEPT, "accept-encoding": "identity" },
        accept: [200],
        call: options,
      },
      { limit: MAX_MANIFEST_BYTES, tooLong: "MANIFEST_TOO_LARGE" },
    );
  } catch (error) {
    throw explained(
      error,
      `Cannot ${actionOf(repository, reference)}`,
      statusOf(error) === 404 ? "MANIFEST_UNKNOWN" : undefined,
    );
  }
}

/** @throws {DigestMismatchError} where the bytes are not those that were asked for, or promised. */
export function checkedDigest(repository: RemoteRepository, reference: string, response: WholeResponse): Digest {
  const promised = digestHeader(response);
  if (promised !== undefined) check(repository, reference, promised, "Docker-Content-Digest", response);
  if (!isDigest(reference)) return promised ?? digestOf(response.bytes);
  check(repository, reference, reference, "the digest asked for", response);
  return reference;
}

function check(
  repository: RemoteRepository,
  reference: string,
  expected: Digest,
  source: string,
  response: WholeResponse,
): void {
  const computed = digestOf(response.bytes, algorithmOf(expected));
  if (computed === expected) return;
  throw new DigestMismatchError(
    `Cannot ${actionOf(repository, reference)}: its bytes hash to ${computed}, ${source} is ${expected}${notDecoded(encodingHeader(response))}`,
    { expected, actual: computed, url: response.url.href },
  );
}
