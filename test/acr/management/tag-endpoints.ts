import type { Answer, Next, ServedRequest } from "tranship";
import { serviceOf } from "../access/service.ts";
import { collect } from "../body.ts";
import { changedAttributes } from "../content/attributes.ts";
import { askEngine } from "../content/engine.ts";
import { checkTagDeletable } from "../content/locks.ts";
import { pageOf } from "../content/page.ts";
import { jsonAnswer } from "../json-answer.ts";
import { tagDocument } from "./documents.ts";
import type { Management } from "./management.ts";

interface TagName {
  readonly repository: string;
  readonly tag: string;
}

/** The tags that may be listed, with `digest` those of one manifest. */
export function listTags({ paging, records }: Management, name: string, request: ServedRequest): Answer {
  const { removed, tags } = records.repository(name);
  const digest = request.query.get("digest");
  const listed = [...tags.values()].filter(
    (tag) => tag.attributes.listEnabled && (digest === null || tag.digest === digest),
  );
  const items = listed.map((tag) => ({ key: tag.name, lastUpdateTime: tag.lastUpdateTime, tag }));
  const page = pageOf(items, request, { ...paging, removed });
  const shown = page.items.map(({ tag }) => tagDocument(tag));
  return jsonAnswer(200, { registry: serviceOf(request), imageName: name, tags: shown }, page.headers);
}

export function showTag({ records }: Management, { repository, tag }: TagName, request: ServedRequest): Answer {
  const shown = tagDocument(records.tag(repository, tag));
  return jsonAnswer(200, { registry: serviceOf(request), imageName: repository, tag: shown });
}

export async function updateTag(management: Management, name: TagName, request: ServedRequest): Promise<Answer> {
  const record = management.records.tag(name.repository, name.tag);
  record.attributes = changedAttributes(record.attributes, await collect(request.body));
  return showTag(management, name, request);
}

/** Deletes a tag; its manifest stays. */
export async function deleteTag(
  { records }: Management,
  { repository, tag }: TagName,
  request: ServedRequest,
  next: Next,
): Promise<Answer> {
  const record = records.tag(repository, tag);
  checkTagDeletable(records.repository(repository), record);
  const answer = await askEngine(next, request, "DELETE", { kind: "manifest", repository, reference: tag });
  if (answer.status === 202) records.removeTag(records.repository(repository), record);
  return answer;
}
