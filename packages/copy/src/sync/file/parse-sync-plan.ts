import { type Digest, isDigest, NestedTooDeep, parseJson, parsePlatform } from "@tranship/core";
import type { FailureRecord } from "../../events/failure-record.ts";
import type { MissingPlatforms } from "../../run/platform-choice.ts";
import {
  type HostCost,
  OWNERSHIP_REASONS,
  type PlannedContent,
  type PlannedImage,
  SYNC_ACTIONS,
  SYNC_PLAN_VERSION,
  SYNC_REASONS,
  type SyncAction,
  type SyncPlan,
  type SyncReason,
  type TagOwnership,
  type Unresolved,
} from "./sync-plan.ts";

const ACTIONS: ReadonlySet<string> = new Set(SYNC_ACTIONS);
const REASONS: ReadonlySet<string> = new Set(SYNC_REASONS);

/**
 * Reads a plan from the text of its file. Every field is checked: a plan that was changed by hand does what it says or is refused.
 * @throws {SyntaxError} naming the field and what it must be.
 */
export function parseSyncPlan(text: string): SyncPlan {
  let document: unknown;
  try {
    document = parseJson(text);
  } catch (cause) {
    if (cause instanceof NestedTooDeep) throw cause;
    throw new SyntaxError(`it is no JSON: ${cause instanceof Error ? cause.message : cause}`, { cause });
  }
  const plan = objectAt(document, "the plan");
  if (plan["kind"] !== "plan") throw new SyntaxError(`it is no plan: "kind" is ${shown(plan["kind"])}, not "plan"`);
  if (plan["version"] !== SYNC_PLAN_VERSION) {
    const made = `version ${shown(plan["version"])}, and this release reads version ${SYNC_PLAN_VERSION}`;
    throw new SyntaxError(`it has ${made}: make the plan anew`);
  }
  return {
    version: SYNC_PLAN_VERSION,
    kind: "plan",
    createdAt: stringAt(plan["createdAt"], "createdAt"),
    ...(plan["owner"] !== undefined && { owner: stringAt(plan["owner"], "owner") }),
    images: eachTagOnce(listAt(plan["images"], "images", imageAt)),
    hosts: recordAt(plan["hosts"], "hosts", hostAt),
    create: listAt(plan["create"], "create", stringAt),
    unresolved: listAt(plan["unresolved"], "unresolved", unresolvedAt),
    notices: listAt(plan["notices"], "notices", stringAt),
    requests: recordAt(plan["requests"], "requests", (counts, path) => recordAt(counts, path, numberAt)),
  };
}

/** One tag has one source. @throws {SyntaxError} naming the second entry. */
function eachTagOnce(images: readonly PlannedImage[]): readonly PlannedImage[] {
  const seen = new Map<string, string>();
  for (const [at, { from, tag, to, targetTag, source, action }] of images.entries()) {
    const written = JSON.stringify([from, tag, source, action]);
    const name = JSON.stringify([to, targetTag]);
    const other = seen.get(name);
    if (other !== undefined && other !== written)
      throw new SyntaxError(
        `images[${at}] is for "${to}" and "${targetTag}", as another entry is: one tag has one source`,
      );
    seen.set(name, written);
  }
  return images;
}

function imageAt(value: unknown, path: string): PlannedImage {
  const fields = objectAt(value, path);
  const text = (name: string): string => stringAt(fields[name], `${path}.${name}`);
  const action = text("action");
  if (!ACTIONS.has(action)) throw bad(`${path}.action`, action, [...ACTIONS].join(", "));
  const reason = text("reason");
  if (!REASONS.has(reason)) throw bad(`${path}.reason`, reason, [...REASONS].join(", "));
  const image: PlannedImage = {
    mirror: text("mirror"),
    from: text("from"),
    tag: text("tag"),
    to: text("to"),
    targetTag: text("targetTag"),
    action: action as SyncAction,
    reason: reason as SyncReason,
    ...given("source", fields, path, digestAt),
    ...given("root", fields, path, digestAt),
    ...given("there", fields, path, (there, at) => (there === null ? null : digestAt(there, at))),
    ...given("platforms", fields, path, (list, at) => listAt(list, at, platformAt)),
    ...given("missingPlatforms", fields, path, missingPlatformsAt),
    ...given("lacking", fields, path, (list, at) => listAt(list, at, platformAt)),
    ...given("sparse", fields, path, booleanAt),
    ...given("referrers", fields, path, booleanAt),
    ...given("own", fields, path, ownAt),
    ...given("content", fields, path, contentAt),
  };
  if (image.action === "copy" && image.source === undefined) {
    throw new SyntaxError(`${path}.source is missing: a copy is of a digest`);
  }
  if (image.action === "delete" && typeof image.there !== "string") {
    throw new SyntaxError(`${path}.there is missing: a tag is deleted while it stands for what it stood for`);
  }
  if (image.action === "delete" && image.own === undefined) {
    throw new SyntaxError(`${path}.own is missing: only what is the mirror's own is deleted; run tranship plan again`);
  }
  if (image.action === "retag" && image.root === undefined) {
    throw new SyntaxError(`${path}.root is missing: a tag is put on a digest`);
  }
  return image;
}

function ownAt(value: unknown, path: string): TagOwnership {
  const fields = objectAt(value, path);
  const because = OWNERSHIP_REASONS.find((reason) => reason === fields["because"]);
  if (because === undefined) throw bad(`${path}.because`, fields["because"], OWNERSHIP_REASONS.join(", "));
  return { because, ...given("since", fields, path, stringAt) };
}

function contentAt(value: unknown, path: string): PlannedContent {
  const fields = objectAt(value, path);
  const amount = (name: string): PlannedContent["copy"] => {
    const amounts = objectAt(fields[name], `${path}.${name}`);
    const [count, bytes] = [amounts["count"], amounts["bytes"]];
    return { count: numberAt(count, `${path}.${name}.count`), bytes: numberAt(bytes, `${path}.${name}.bytes`) };
  };
  return { manifests: amount("manifests"), copy: amount("copy"), mount: amount("mount"), skip: amount("skip") };
}

function hostAt(value: unknown, path: string): HostCost {
  const fields = objectAt(value, path);
  return {
    requests: numberAt(fields["requests"], `${path}.requests`),
    read: numberAt(fields["read"], `${path}.read`),
    written: numberAt(fields["written"], `${path}.written`),
    ...given("pulls", fields, path, numberAt),
  };
}

function unresolvedAt(value: unknown, path: string): Unresolved {
  const fields = objectAt(value, path);
  return {
    mirror: stringAt(fields["mirror"], `${path}.mirror`),
    from: stringAt(fields["from"], `${path}.from`),
    ...given("tag", fields, path, stringAt),
    ...given("to", fields, path, stringAt),
    error: errorAt(fields["error"], `${path}.error`),
  };
}

function errorAt(value: unknown, path: string): FailureRecord {
  const fields = objectAt(value, path);
  return {
    code: stringAt(fields["code"], `${path}.code`),
    message: stringAt(fields["message"], `${path}.message`),
    ...given("operation", fields, path, stringAt),
    ...given("status", fields, path, numberAt),
    ...given("method", fields, path, stringAt),
    ...given("url", fields, path, stringAt),
    ...given("digest", fields, path, digestAt),
    ...given("side", fields, path, sideAt),
  };
}

function sideAt(value: unknown, path: string): "source" | "target" {
  if (value === "source" || value === "target") return value;
  throw bad(path, value, "source, target");
}

/** A field that may be absent: the object with it, or an empty one. */
function given<K extends string, T>(
  name: K,
  fields: Readonly<Record<string, unknown>>,
  path: string,
  read: (value: unknown, path: string) => T,
): { readonly [key in K]?: T } {
  const value = fields[name];
  return value === undefined ? {} : ({ [name]: read(value, `${path}.${name}`) } as { readonly [key in K]?: T });
}

function objectAt(value: unknown, path: string): Readonly<Record<string, unknown>> {
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw bad(path, value, "an object");
  return Object.fromEntries(Object.entries(value));
}

function listAt<T>(value: unknown, path: string, read: (item: unknown, path: string) => T): readonly T[] {
  if (!Array.isArray(value)) throw bad(path, value, "a list");
  return value.map((item, at) => read(item, `${path}[${at}]`));
}

function recordAt<T>(
  value: unknown,
  path: string,
  read: (item: unknown, path: string) => T,
): Readonly<Record<string, T>> {
  const entries = Object.entries(objectAt(value, path));
  return Object.fromEntries(entries.map(([key, item]) => [key, read(item, `${path}[${JSON.stringify(key)}]`)]));
}

function stringAt(value: unknown, path: string): string {
  if (typeof value !== "string" || value === "") throw bad(path, value, "a text");
  return value;
}

function numberAt(value: unknown, path: string): number {
  if (typeof value !== "number" || !Number.isSafeInteger(value) || value < 0) {
    throw bad(path, value, "a whole number from 0");
  }
  return value;
}

function booleanAt(value: unknown, path: string): boolean {
  if (typeof value !== "boolean") throw bad(path, value, "true or false");
  return value;
}

function digestAt(value: unknown, path: string): Digest {
  if (typeof value !== "string" || !isDigest(value)) throw bad(path, value, "a digest, sha256:…");
  return value;
}

function missingPlatformsAt(value: unknown, path: string): MissingPlatforms {
  if (value === "fail" || value === "skip") return value;
  throw bad(path, value, "fail, skip");
}

function platformAt(value: unknown, path: string): string {
  const text = stringAt(value, path);
  try {
    parsePlatform(text);
  } catch {
    throw bad(path, value, "a platform, os/architecture");
  }
  return text;
}

function bad(path: string, value: unknown, expected: string): SyntaxError {
  return new SyntaxError(`${path} is ${shown(value)}, expected ${expected}`);
}

function shown(value: unknown): string {
  if (value === undefined) return "missing";
  const text = JSON.stringify(value) ?? String(value);
  return text.length > 80 ? `${text.slice(0, 77)}…` : text;
}
