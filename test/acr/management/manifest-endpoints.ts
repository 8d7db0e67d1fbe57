import type { Answer, ServedRequest } from "tranship";
import { serviceOf } from "../access/service.ts";
import { collect } from "../body.ts";
import { changedAttributes } from "../content/attributes.ts";
import { pageOf } from "../content/page.ts";
import { jsonAnswer } from "../json-answer.ts";
import { manifestDocument } from "./documents.ts";
import type { Management } from "./management.ts";

interface ManifestName {
  readonly repository: string;
  readonly digest: string;
}

/** The manifests that may be listed, tagged or not. */
export function listManifests({ paging, records }: Management, name: string, request: ServedRequest): Answer {
  const repository = records.repository(name);
  const { manifests, removed } = repository;
  const listed = [...manifests.values()].filter(({ attributes }) => attributes.listEnabled);
  const items = listed.map((manifest) => ({
    key: manifest.digest,
    lastUpdateTime: manifest.lastUpdateTime,
    manifest,
  }));
  const page = pageOf(items, request, { ...paging, removed });
  const shown = page.items.map(({ manifest }) => manifestDocument(repository, manifest));
  return jsonAnswer(200, { registry: serviceOf(request), imageName: name, manifests: shown }, page.headers);
}

export function showManifest(
  { records }: Management,
  { repository, digest }: ManifestName,
  request: ServedRequest,
): Answer {
  const shown = manifestDocument(records.repository(repository), records.manifest(repository, digest));
  return jsonAnswer(200, { registry: serviceOf(request), imageName: repository, manifest: shown });
}

export async function updateManifest(
  management: Management,
  name: ManifestName,
  request: ServedRequest,
): Promise<Answer> {
  const record = management.records.manifest(name.repository, name.digest);
  record.attributes = changedAttributes(record.attributes, await collect(request.body));
  return showManifest(management, name, request);
}
