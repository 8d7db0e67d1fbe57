import { rm } from "node:fs/promises";
import { join } from "node:path";
import type { Answer, ServedRequest } from "tranship";
import { serviceOf } from "../access/service.ts";
import { collect } from "../body.ts";
import { changedAttributes } from "../content/attributes.ts";
import { checkRepositoryDeletable } from "../content/locks.ts";
import { jsonAnswer } from "../json-answer.ts";
import { repositoryDocument } from "./documents.ts";
import type { Management } from "./management.ts";

export function showRepository({ records }: Management, name: string, request: ServedRequest): Answer {
  return jsonAnswer(200, repositoryDocument(serviceOf(request), records.repository(name)));
}

export async function updateRepository({ records }: Management, name: string, request: ServedRequest): Promise<Answer> {
  const record = records.repository(name);
  record.attributes = changedAttributes(record.attributes, await collect(request.body));
  return jsonAnswer(200, repositoryDocument(serviceOf(request), record));
}

/** Deletes a repository with its manifests, tags and blobs; those that are nested in its folder stay. */
export async function deleteRepository({ dir, records }: Management, name: string): Promise<Answer> {
  const record = records.repository(name);
  checkRepositoryDeletable(record);
  records.remove(record);
  for (const part of ["oci-layout", "index.json", "blobs"]) {
    await rm(join(dir, name, part), { recursive: true, force: true });
  }
  return jsonAnswer(202, { manifestsDeleted: [...record.manifests.keys()], tagsDeleted: [...record.tags.keys()] });
}
