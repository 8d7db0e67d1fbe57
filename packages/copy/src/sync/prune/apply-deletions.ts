import { isDigestTag } from "../../copy/digest-tags.ts";
import { NO_AMOUNTS } from "../../copy/result.ts";
import type { OnEvent } from "../../events/events.ts";
import type { Inventory } from "../../inventory/inventory.ts";
import type { PlannedImage } from "../file/sync-plan.ts";
import type { ImageResult } from "../file/sync-result.ts";
import { findFollowers, keepReturned, keepUnowned, listAgain, whyIncomplete } from "./check-target.ts";
import { deleteByDigest } from "./delete-by-digest.ts";
import { contentBefore, followersToDelete } from "./delete-followers.ts";
import { deleteTag, forEachImage } from "./delete-tag.ts";
import type { DeletionGroup } from "./deletion-groups.ts";
import { type DeletionOptions, type DeletionResult, DeletionResults } from "./deletion-result.ts";
import type { Ownership } from "./ownership.ts";

export interface ApplyDeletionsOptions extends DeletionOptions {
  readonly onEvent: OnEvent;
  readonly ownership: Ownership;
  /** Told of each tag, also where the run is aborted. */
  readonly ended: (image: ImageResult) => void;
}

/**
 * Deletes tags of one target that are the mirror's own: alone where the registry can do that, else
 * by `deleteByDigest`. Tags that are about something go last, when all else is gone. Where
 * something of what is to stay there failed, or is not as it was planned, nothing is deleted.
 * Requests: the list of tags; 1 HEAD at the source for each tag that it is said to lack; 1 GET for
 * each tag that the run has not read, 1 HEAD and 1 DELETE; where `check` is set 1 HEAD for each tag
 * that is to stay untouched. Where a tag is about something, those of `readInventory`, unless
 * planning has read the target, and of `lookAgain`.
 * @throws an abort rejects with `signal.reason`. Whatever else fails `ended` is told.
 */
export async function applyDeletions(group: DeletionGroup, options: ApplyDeletionsOptions): Promise<void> {
  const results = new DeletionResults(options.onEvent, options.ownership);
  try {
    await deleteAll(group, options, results);
  } finally {
    for (const image of group.images) options.ended(resultOf(image, results.get(image)));
  }
}

async function deleteAll(
  group: DeletionGroup,
  options: ApplyDeletionsOptions,
  results: DeletionResults,
): Promise<void> {
  const { target, images } = group;
  const open = (): readonly PlannedImage[] => images.filter((image) => !results.has(image));
  const incomplete = group.complete ? await unlessUnchecked(group, options) : NOT_ALL;
  if (incomplete !== undefined) return results.keep(images, incomplete);
  await listAgain(group, results, options);
  await keepUnowned(open(), results, options.ownership);
  await keepReturned(group, open(), results, options);
  if (open().length === 0) return;
  const followers = await findFollowers(group, open(), results, options);
  const before = await readBefore(group, followers, options, results);
  const plain = open().filter((image) => !followers.includes(image));
  if ((await deleteAlone(group, plain, options, results)) === "by digest only") {
    return deleteByDigest(target, open(), options, results);
  }
  const left = images.find(
    (image) => !followers.includes(image) && !isDigestTag(image.targetTag) && !results.isGone(image),
  );
  if (left !== undefined && open().length > 0) {
    return results.keep(open(), `"${left.targetTag}" was not deleted, and it may be about that`);
  }
  const going = await followersToDelete(group, followers, before, { ...options, results });
  if ((await deleteAlone(group, going, options, results)) === "by digest only") {
    await deleteByDigest(target, open(), options, results);
  }
}

const NOT_ALL = "not all that is to stay there could be copied";

async function unlessUnchecked(group: DeletionGroup, options: ApplyDeletionsOptions): Promise<string | undefined> {
  return options.check ? whyIncomplete(group, options) : undefined;
}

/**
 * What the target's tags lead to, where something is about something; that which cannot be read
 * keeps those.
 */
async function readBefore(
  group: DeletionGroup,
  followers: readonly PlannedImage[],
  options: ApplyDeletionsOptions,
  results: DeletionResults,
): Promise<Inventory> {
  if (followers.length === 0) return [];
  try {
    return await contentBefore(group, options);
  } catch (error) {
    options.call.signal.throwIfAborted();
    results.keepUnread(followers, "what it is about cannot be read", error);
    return [];
  }
}

/**
 * Deletes tags one by one, some at once. The first one shows whether the registry can: else none is
 * deleted.
 */
async function deleteAlone(
  { target }: DeletionGroup,
  images: readonly PlannedImage[],
  options: ApplyDeletionsOptions,
  results: DeletionResults,
): Promise<"by digest only" | undefined> {
  let isAlone = true;
  const [first, ...rest] = images;
  if (first === undefined) return undefined;
  await forEachImage([first], results, options, async (image, call) => {
    const began = await deleteTag(target, image, call);
    if (began !== "by digest only") return began;
    isAlone = false;
    return undefined;
  });
  if (!isAlone) return "by digest only";
  await forEachImage(rest, results, options, async (image, call): Promise<DeletionResult> => {
    const result = await deleteTag(target, image, call);
    return result === "by digest only" ? { outcome: "kept", why: "the registry does not delete it alone" } : result;
  });
  return undefined;
}

function resultOf(
  { mirror, from, tag, to, targetTag, there }: PlannedImage,
  result: DeletionResult = { outcome: "left" },
): ImageResult {
  return {
    mirror,
    from,
    tag,
    to,
    targetTag,
    digest: there ?? undefined,
    ...NO_AMOUNTS,
    requests: 0,
    tookMs: 0,
    ...result,
  };
}
