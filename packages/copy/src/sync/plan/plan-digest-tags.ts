import { type Digest, OCI_MANIFEST } from "@tranship/core";
import { cosignSubject, cosignTags, followsOneOf } from "../../copy/digest-tags.ts";
import { Reader } from "../../run/reader.ts";
import { Writer } from "../../run/writer.ts";
import { isPruned, type OpenRepository, type OpenTarget } from "../open-repository.ts";
import type { PlanTagOptions } from "../plan-tag-options.ts";
import { chosenTags } from "../prune/prune-candidates.ts";
import type { SyncJob } from "../sync-job.ts";
import { planTag } from "./plan-tag.ts";

/**
 * Plans cosign's tags of the images that were planned, once all of them are. From the source's list, or where there is none by asking for each: 3 HEADs an image.
 */
export async function planDigestTags(repository: OpenRepository, options: PlanTagOptions): Promise<readonly SyncJob[]> {
  await Promise.allSettled(repository.pending);
  options.call.signal.throwIfAborted();
  const { spec, subjects, listing } = repository;
  if (spec.cosignTags !== true) return [];
  const isBelow = digestTagTest(repository, options);
  const following =
    listing === undefined
      ? await thatExist(repository, [...subjects].flatMap(cosignTags), options)
      : await filterAsync(repository.digestTags, async (tag) => followsOneOf(tag, subjects) || (await isBelow(tag)));
  const plain = forDigestTags(repository);
  return Promise.all(following.map((tag) => planTag(plain, tag, options)));
}

/** The repository as its digest tags are copied: whole, and under their own names, which are made from digests. */
export function forDigestTags(repository: OpenRepository): OpenRepository {
  return {
    ...repository,
    spec: { ...repository.spec, platforms: undefined, referrers: false },
    immutable: new Set(),
    targets: repository.targets.map(targetForDigestTags),
  };
}

/** The same of a target: no template renames them. */
export function targetForDigestTags(target: OpenTarget): OpenTarget {
  return { ...target, spec: { to: target.spec.to } };
}

/** Whether a digest tag is about something below an image that was unchanged: that was not looked at. */
function digestTagTest(repository: OpenRepository, options: PlanTagOptions): (tag: string) => Promise<boolean> {
  if (!isPruned(repository)) return (tag) => followsTarget(repository, tag, options);
  // There what is about images that are chosen no more is not brought back as long as the registry has them.
  let held: Promise<ReadonlySet<Digest>> | undefined;
  return async (tag) => {
    const digest = cosignSubject(tag);
    if (digest === undefined) return false;
    held ??= heldByChosen(repository, options);
    return (await held).has(digest);
  };
}

/** Whether a target has the tag already, or what it is about: of an image that was unchanged, what is below its root was not looked at. */
async function followsTarget(
  { spec, targets }: OpenRepository,
  tag: string,
  { run, call }: PlanTagOptions,
): Promise<boolean> {
  const digest = cosignSubject(tag);
  if (digest === undefined) return false;
  if (targets.some(({ listing }) => listing?.get(tag) !== undefined)) return true;
  const subject = { mediaType: OCI_MANIFEST, digest, size: 0 };
  const has = await Promise.all(
    targets.map(async ({ store, listing }) => {
      // An empty repository has nothing.
      if (listing?.isEmpty === true) return false;
      return new Writer(store, { run, call, sourceName: spec.from }).has(subject).catch(() => false);
    }),
  );
  call.signal.throwIfAborted();
  return has.includes(true);
}

/** What the chosen tags lead to at the targets as they are. What can't be read leads to nothing. */
async function heldByChosen(repository: OpenRepository, { call }: PlanTagOptions): Promise<ReadonlySet<Digest>> {
  const held = await Promise.all(
    repository.targets.map(async (target) => {
      const chosen = chosenTags(repository, target);
      // An empty repository has nothing.
      if (target.listing?.isEmpty === true) return [];
      return [...((await target.content?.heldBy((name) => chosen.has(name)).catch(() => undefined)) ?? [])];
    }),
  );
  call.signal.throwIfAborted();
  return new Set(held.flat());
}

async function filterAsync<T>(items: readonly T[], test: (item: T) => Promise<boolean>): Promise<readonly T[]> {
  const fits = await Promise.all(items.map(test));
  return items.filter((_, at) => fits[at]);
}

/** Those of the tags that the source has. Requests: 1 HEAD each. */
export async function thatExist(
  { source }: OpenRepository,
  tags: readonly string[],
  { run, call }: Pick<PlanTagOptions, "run" | "call">,
): Promise<readonly string[]> {
  const reader = new Reader(source, run, call);
  const found = await Promise.all(
    tags.map(async (tag) => {
      try {
        await reader.resolve(tag);
        return [tag];
      } catch {
        call.signal.throwIfAborted();
        return [];
      }
    }),
  );
  return found.flat();
}
