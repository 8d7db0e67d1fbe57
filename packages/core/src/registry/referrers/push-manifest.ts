import type { Descriptor } from "../../content/descriptor.ts";
import { MAX_MANIFEST_BYTES } from "../../content/manifest.ts";
import { parseManifest } from "../../content/parse-manifest.ts";
import { readVerified } from "../../content/verify.ts";
import { isDigest } from "../../digest/digest.ts";
import { StoreError } from "../../errors/errors.ts";
import type { Open, PushOptions, PushOutcome } from "../../store/store.ts";
import { artifactTypeOf } from "../../store/stored-content.ts";
import { putManifest } from "../manifests/put-manifest.ts";
import { labelOf, type RemoteRepository } from "../remote-repository.ts";
import { addReferrer } from "./add-referrer.ts";

/**
 * Pushes a manifest's exact bytes under a tag, or under its digest. One with a `subject` is added to the referrers tag where the registry does not say
 * that it keeps the list itself. A host that takes one with `sparse` is remembered for it.
 * Requests: 1 PUT; with a subject on a registry without the referrers API 3 more at least. Memory: the manifest, at most 4 MiB.
 * Spec: distribution-spec v1.1.1, "Pushing Manifests" and "Pushing Manifests with Subject" (end-7).
 * @throws {StoreError} MANIFEST_TOO_LARGE; SIZE_MISMATCH, DIGEST_MISMATCH where the source has other bytes or the registry stored it under another digest.
 * @throws {RegistryError} MANIFEST_BLOB_UNKNOWN, MANIFEST_INVALID, … what the registry refused.
 */
export async function pushManifest(
  repository: RemoteRepository,
  descriptor: Descriptor,
  open: Open,
  options: PushOptions = {},
): Promise<PushOutcome> {
  const { reference = descriptor.digest, signal } = options;
  const action = `Cannot push manifest "${descriptor.digest}" to "${labelOf(repository)}"`;
  if (isDigest(reference) && reference !== descriptor.digest) {
    throw new RangeError(`${action}: it can't be put under another digest, ${reference}`);
  }
  if (descriptor.size > MAX_MANIFEST_BYTES) {
    throw new StoreError("MANIFEST_TOO_LARGE", `${action}: it has more than ${MAX_MANIFEST_BYTES} bytes`);
  }
  const content = { descriptor, bytes: await readVerified(await open(0, signal), descriptor) };
  const { subject, ...manifest } = parseManifest(content.bytes, descriptor.mediaType);
  const { outcome, keepsReferrers } = await putManifest(repository, content, reference, options);
  if (options.sparse === true) repository.profile.learn({ holdsSparse: true });
  if (subject === undefined || keepsReferrers) return outcome;
  const artifactType = artifactTypeOf(manifest);
  const referrer: Descriptor = {
    mediaType: descriptor.mediaType,
    digest: descriptor.digest,
    size: descriptor.size,
    ...(artifactType === undefined ? {} : { artifactType }),
    ...(manifest.annotations === undefined ? {} : { annotations: manifest.annotations }),
  };
  await addReferrer(repository, subject, referrer, options);
  return outcome;
}
