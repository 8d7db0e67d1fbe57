import type { Answer, ServedRequest } from "tranship";
import { jsonAnswer } from "../json-answer.ts";
import { type PageOptions, pageOf } from "./page.ts";
import type { Records } from "./records.ts";

/** `GET /v2/_catalog` and `/acr/v1/_catalog`: the repositories that may be listed. */
export function listRepositories(records: Records, request: ServedRequest, options: PageOptions): Answer {
  const listed = records.repositories().filter(({ attributes }) => attributes.listEnabled);
  const items = listed.map(({ name, lastUpdateTime }) => ({ key: name, lastUpdateTime }));
  const page = pageOf(items, request, options);
  return jsonAnswer(200, { repositories: page.items.map(({ key }) => key) }, page.headers);
}

/** `GET /v2/NAME/tags/list`. Spec: distribution-spec v1.1.1, end-8a, end-8b. @throws {Refusal} NAME_UNKNOWN. */
export function listTagNames(records: Records, name: string, request: ServedRequest, options: PageOptions): Answer {
  const { tags } = records.repository(name);
  const listed = [...tags.values()].filter(({ attributes }) => attributes.listEnabled);
  const items = listed.map((tag) => ({ key: tag.name, lastUpdateTime: tag.lastUpdateTime }));
  const page = pageOf(items, request, options);
  return jsonAnswer(200, { name, tags: page.items.map(({ key }) => key) }, page.headers);
}
