import type { Digest } from "@tranship/core";
import type { Answer, ServedRequest } from "../exchange.ts";
import { checkDigest } from "../names.ts";
import type { Registry } from "../registry.ts";
import type { Repository } from "../storage/repository.ts";
import { blobCreated } from "./upload-answers.ts";

interface Link {
  readonly repository: Repository;
  readonly source: Repository;
  readonly digest: Digest;
}

/** Links the blob, or copies it where there are no links and the quota permits it. */
async function linkWithin({ quota }: Registry, { repository, source, digest }: Link): Promise<boolean> {
  let taken = 0;
  try {
    return await repository.linkBlob(source, digest, async (bytes) => {
      await quota.take(bytes);
      taken = bytes;
    });
  } finally {
    quota.written(taken);
  }
}

/**
 * Links a blob of another repository, or of any where `from` is missing, into this one; undefined where none has it, or none was asked for.
 * A blob that this repository has already is mounted at once, whatever `from` says.
 * Spec: distribution-spec v1.1.1, "Mounting a blob from another repository" (end-11).
 */
export async function mountBlob(
  registry: Registry,
  repository: Repository,
  request: ServedRequest,
): Promise<Answer | undefined> {
  const mount = request.query.get("mount");
  if (mount === null) return undefined;
  const digest = checkDigest(mount);
  if ((await repository.blobSize(digest)) !== undefined) return blobCreated(repository, digest);
  const from = request.query.get("from");
  const names = await registry.folder.names();
  for (const name of from === null ? names : names.filter((known) => known === from)) {
    const source = await registry.folder.repository(name);
    const isLinked = await linkWithin(registry, { repository, source, digest });
    if (isLinked) return blobCreated(repository, digest);
  }
  return undefined;
}
