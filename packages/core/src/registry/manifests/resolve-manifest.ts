import type { Descriptor } from "../../content/descriptor.ts";
import { isManifestMediaType, MANIFEST_ACCEPT } from "../../content/media-types.ts";
import { isDigest } from "../../digest/digest.ts";
import { isRetryable, RegistryError } from "../../errors/errors.ts";
import type { RegistryResponse } from "../../http/request.ts";
import type { CallOptions, ResolveOptions } from "../../store/store.ts";
import { explained, statusOf } from "../explain.ts";
import { digestHeader, mediaTypeHeader, statedLength } from "../manifest-headers.ts";
import { labelOf, manifestPath, pullScope, type RemoteRepository } from "../remote-repository.ts";
import { openManifest } from "./open-manifest.ts";

/**
 * The descriptor of a tag or digest, from the headers of a HEAD. Where one of them is missing, or HEAD is refused, the manifest is read:
 * registries refuse HEAD with 404 (Nexus, merll/docker-registry-util#3), 403 (registry.centos.org, CentOS/container-pipeline-service#40;
 * Artifactory for a missing tag, google/go-containerregistry#1691), 405 or 5xx, and answer GET.
 * A host that was seen to do so gets no HEAD for a day.
 * Requests: 1, or 2. Spec: distribution-spec v1.1.1, "Checking if content exists in the registry" (end-3).
 * @throws {RegistryError} MANIFEST_UNKNOWN, or what `openManifest` throws.
 */
export async function resolveManifest(
  repository: RemoteRepository,
  reference: string,
  options: ResolveOptions = {},
): Promise<Descriptor> {
  return lookUp(repository, reference, options, (response) => descriptorOf(response, reference));
}

/** Whether there is a manifest of that tag or digest. Requests: 1 HEAD (end-3), and 1 GET where that is refused, or finds nothing and `headProvesAbsence` is false. */
export async function hasManifest(
  repository: RemoteRepository,
  reference: string,
  options: ResolveOptions = {},
): Promise<boolean> {
  try {
    await lookUp(repository, reference, options, () => true);
    return true;
  } catch (error) {
    if (statusOf(error) === 404) return false;
    throw error;
  }
}

/** Sends a HEAD and, where that says too little or is refused, a GET. @param read gives undefined where the headers say too little. */
async function lookUp<T>(
  repository: RemoteRepository,
  reference: string,
  { headProvesAbsence = false, ...options }: ResolveOptions,
  read: (head: RegistryResponse) => T | undefined,
): Promise<T | Descriptor> {
  const { profile } = repository;
  await profile.ready();
  let refusal: RegistryError | undefined;
  try {
    if (profile.get("manifestHead") !== false) {
      const head = await headManifest(repository, reference, options);
      const described = head instanceof RegistryError ? undefined : read(head);
      if (described !== undefined) return described;
      if (head instanceof RegistryError) {
        if (!isWorthReading(head, headProvesAbsence)) throw head;
        refusal = head;
      }
    }
    return await readInstead(repository, reference, refusal, options);
  } catch (error) {
    const code = statusOf(error) === 404 ? "MANIFEST_UNKNOWN" : undefined;
    throw explained(error, `Cannot resolve "${reference}" in "${labelOf(repository)}"`, code);
  }
}

/** Where the GET answers, the HEAD was refused as such. */
async function readInstead(
  repository: RemoteRepository,
  reference: string,
  refusal: RegistryError | undefined,
  options: CallOptions,
): Promise<Descriptor> {
  // The HEAD had its retries. One GET right after it tells a host that refuses HEAD from a host that is down for a while.
  const once = refusal !== undefined && isRetryable(refusal);
  const call = once ? { ...options, retry: { ...options.retry, attempts: 1 } } : options;
  const refused = (): void => {
    if (refusal !== undefined) repository.profile.learn({ manifestHead: false });
  };
  try {
    const { descriptor } = await openManifest(repository, reference, call);
    refused();
    return descriptor;
  } catch (error) {
    // A missing manifest is an answer too.
    if (statusOf(error) === 404 && statusOf(refusal) !== 404) refused();
    throw error;
  }
}

/**
 * Whether a GET may answer what the HEAD did not: at a source always, at a target where the status can't mean
 * absence. Of a connection that breaks at every HEAD too: some proxies do that.
 */
function isWorthReading({ status, code }: RegistryError, headProvesAbsence: boolean): boolean {
  if (status === 429 || code === "RATE_LIMITED") return false;
  if (!headProvesAbsence || status === undefined) return true;
  return status === 400 || status === 403 || status === 405 || status >= 500;
}

/** The response, or why the registry itself gave none to a HEAD; a token service that refuses is no such thing. */
async function headManifest(
  repository: RemoteRepository,
  reference: string,
  options: CallOptions,
): Promise<RegistryResponse | RegistryError> {
  try {
    const response = await repository.client.request({
      method: "HEAD",
      path: manifestPath(repository, reference),
      kind: "manifest",
      scopes: [pullScope(repository.name)],
      headers: { accept: MANIFEST_ACCEPT },
      accept: [200],
      call: options,
    });
    await response.body.drop();
    return response;
  } catch (error) {
    const isBroken = error instanceof RegistryError && (error.code === "NETWORK" || error.code === "TIMEOUT");
    if (error instanceof RegistryError && error.method === "HEAD" && (error.status !== undefined || isBroken))
      return error;
    throw error;
  }
}

/** Undefined where a header is missing, or does not fit: reading the manifest then says what it really is. */
function descriptorOf(response: RegistryResponse, reference: string): Descriptor | undefined {
  const digest = digestHeader(response);
  const size = statedLength(response);
  const mediaType = mediaTypeHeader(response);
  if (digest === undefined || size === undefined || size === 0 || mediaType === undefined) return undefined;
  if (!isManifestMediaType(mediaType)) return undefined;
  if (isDigest(reference) && digest !== reference) return undefined;
  return { mediaType, digest, size };
}
