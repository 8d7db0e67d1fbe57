import type { Descriptor } from "../../content/descriptor.ts";
import { OCI_INDEX } from "../../content/media-types.ts";
import { parseManifest } from "../../content/parse-manifest.ts";
import { type Digest, digestOf } from "../../digest/digest.ts";
import { StoreError } from "../../errors/errors.ts";
import type { CallOptions, Content } from "../../store/store.ts";
import { openManifest } from "../manifests/open-manifest.ts";
import { labelOf, type RemoteRepository } from "../remote-repository.ts";

/** The tag that lists a subject's referrers where there is no API. Spec: distribution-spec v1.1.1, "Referrers Tag Schema". */
export function referrersTag(subject: Digest): string {
  const [algorithm = "", hex = ""] = subject.split(":");
  return `${algorithm.slice(0, 32)}-${hex.slice(0, 64)}`;
}

/** What a referrers tag points to, and what that lists. */
export interface ReferrersTagContent {
  /** Undefined where there is no such tag. */
  readonly digest: Digest | undefined;
  readonly referrers: readonly Descriptor[];
}

/** What the referrers tag lists; nothing where there is no such tag. As `openReferrersTag`. */
export async function readReferrersTag(
  repository: RemoteRepository,
  subject: Digest,
  options: CallOptions = {},
): Promise<readonly Descriptor[]> {
  return (await openReferrersTag(repository, subject, options)).referrers;
}

/**
 * Reads the referrers tag. 1 request: GET (end-3).
 * @throws {StoreError} MANIFEST_UNSUPPORTED where something else has that tag.
 */
export async function openReferrersTag(
  repository: RemoteRepository,
  subject: Digest,
  options: CallOptions = {},
): Promise<ReferrersTagContent> {
  const tag = referrersTag(subject);
  let content: Content;
  try {
    content = await openManifest(repository, tag, options);
  } catch (error) {
    if (error instanceof StoreError && error.code === "MANIFEST_UNKNOWN") return { digest: undefined, referrers: [] };
    throw error;
  }
  const manifest = parseManifest(content.bytes, content.descriptor.mediaType);
  const { digest } = content.descriptor;
  if (manifest.kind === "index") return { digest, referrers: manifest.manifests };
  throw new StoreError(
    "MANIFEST_UNSUPPORTED",
    `Cannot read the referrers of "${subject}" in "${labelOf(repository)}": tag "${tag}" is no index`,
  );
}

/** The index that a referrers tag points at. */
export function referrersIndex(referrers: readonly Descriptor[]): Content {
  const bytes = Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType: OCI_INDEX, manifests: referrers }));
  return { descriptor: { mediaType: OCI_INDEX, digest: digestOf(bytes), size: bytes.length }, bytes };
}
