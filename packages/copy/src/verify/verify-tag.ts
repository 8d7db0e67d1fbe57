import { type Digest, type Store, StoreError } from "@tranship/core";
import { failureRecord } from "../events/failure-record.ts";
import { nameOf } from "../events/image-name.ts";
import { contentOf, type Difference, isSame } from "../repair/difference.ts";
import { type OpenRepository, type OpenTarget, targetTagOf } from "../sync/open-repository.ts";
import { type CompareOptions, compareTag, expectedOf } from "./compare-tag.ts";
import { ContentCheck } from "./content-check.ts";
import type { Broken, Repairs } from "./repair.ts";
import type { VerifiedTag } from "./verify-result.ts";

/** What is sent may show what lacks below it: so often is looked again. */
const ROUNDS = 4;

/** A repository's target with what is known of its content. */
export interface VerifyTarget {
  readonly target: OpenTarget;
  readonly store: Store;
  readonly check: ContentCheck;
  /** Undefined where nothing is repaired. */
  readonly repairs: Repairs | undefined;
}

export interface VerifyTagOptions extends CompareOptions {
  readonly deep: boolean;
  readonly referrers: boolean;
}

/**
 * Compares one tag of a repository at one target and, where that is wanted, sends what differs and looks again at that. What can't be found out is in the result.
 * @throws an abort rejects with `signal.reason`.
 */
export async function verifyTag(
  repository: OpenRepository,
  place: VerifyTarget,
  tag: string,
  options: VerifyTagOptions,
): Promise<VerifiedTag> {
  const startedAtMs = performance.now();
  const { mirror, from } = repository.spec;
  const { spec } = place.target;
  const targetTag = targetTagOf(place.target, tag);
  let digest: Digest | undefined;
  let found: Pick<VerifiedTag, "outcome" | "differences" | "error">;
  try {
    const expected = await expectedOf(repository, place.target, tag, options);
    digest = expected.root;
    repository.subjects.add(expected.source);
    const image = { repository, tag, targetTag, expected };
    const differences = await compareTag(expected, { spec, store: place.store }, targetTag, place.check, options);
    found = { outcome: differences.length === 0 ? "same" : "different", differences };
    if (differences.length > 0 && place.repairs !== undefined) {
      found = await repair(differences, image, { ...place, repairs: place.repairs }, options);
    }
  } catch (error) {
    options.call.signal.throwIfAborted();
    found = { outcome: "failed", differences: [], error: failureRecord(error) };
  }
  const tookMs = Math.round(performance.now() - startedAtMs);
  return { mirror, from, tag, to: spec.to, targetTag, digest, tookMs, ...found };
}

async function repair(
  found: readonly Difference[],
  image: Broken,
  place: VerifyTarget & { readonly repairs: Repairs },
  options: VerifyTagOptions,
): Promise<Pick<VerifiedTag, "outcome" | "differences">> {
  const all = [...found];
  const errors = new Map<Difference, unknown>();
  const mended = new Set<Difference>();
  let left: readonly Difference[] = found;
  for (let round = 0; round < ROUNDS && left.length > 0; round += 1) {
    for (const difference of left) {
      try {
        if (await place.repairs.mend(difference, image)) mended.add(difference);
      } catch (error) {
        options.call.signal.throwIfAborted();
        errors.set(difference, error);
      }
    }
    // What the first look remembers is of before.
    const { source } = image.repository;
    const check = new ContentCheck(source, place.store, options);
    // The length of a blob that could not be mended shows nothing.
    const deep = new ContentCheck(source, place.store, { ...options, deep: true });
    const now: Difference[] = [];
    for (const difference of left) {
      if (mended.has(difference)) continue;
      const looking = { ...place, check: difference.kind === "blob" ? deep : check };
      now.push(...(await lookAgain(difference, image, looking, options)));
    }
    const fresh = now.filter((difference) => !all.some((known) => isSame(known, difference)));
    all.push(...fresh);
    left = now;
    if (fresh.length === 0) break;
  }
  const differences = all.map((difference): Difference => {
    if (!left.some((one) => isSame(one, difference))) return { ...difference, repaired: true };
    const error = errors.get(difference) ?? notReplaced(difference, place.store);
    return { ...difference, repaired: false, error: failureRecord(error) };
  });
  return { outcome: left.length === 0 ? "repaired" : "different", differences };
}

function lookAgain(
  difference: Difference,
  { targetTag, expected }: Broken,
  { target, store, check }: VerifyTarget,
  options: VerifyTagOptions,
): Promise<readonly Difference[]> {
  const { kind, digest, subject } = difference;
  if (kind === "tag" || digest === expected.root)
    return compareTag(expected, { spec: target.spec, store }, targetTag, check, options);
  const content = contentOf(difference);
  return kind === "referrer" && subject !== undefined ? check.referrer(subject, content) : check.below(content);
}

/** It was sent, and is as wrong as before. Distribution, and what is built on it, keeps what it has stored under a digest. */
function notReplaced({ kind, digest }: Difference, store: Store): StoreError {
  const name = nameOf({ store, reference: digest });
  const why = "the registry took it and keeps what it had stored";
  const how = "mend its storage by hand, and repair again";
  return new StoreError("UNSUPPORTED", `Cannot replace ${kind} "${name}": ${why}; ${how}`);
}
