import { OCI_INDEX } from "@tranship/core";
import type { Answer, ServedRequest } from "../exchange.ts";
import { checkDigest } from "../names.ts";
import type { Repository } from "../storage/repository.ts";

/**
 * Lists the manifests whose subject is the digest, also where the digest, or the whole repository, is unknown: 404 would mean that there is no such API.
 * Spec: distribution-spec v1.1.1, "Listing Referrers" (end-12a, end-12b).
 */
export async function listReferrers(repository: Repository, digest: string, request: ServedRequest): Promise<Answer> {
  const artifactType = request.query.get("artifactType") || undefined;
  const manifests = await repository.referrers(checkDigest(digest), artifactType);
  return {
    status: 200,
    headers: { "content-type": OCI_INDEX, ...(artifactType && { "oci-filters-applied": "artifactType" }) },
    body: JSON.stringify({ schemaVersion: 2, mediaType: OCI_INDEX, manifests }),
  };
}
