import type { Inventory } from "../../inventory/inventory.ts";
import { lookAgain, type SecondLook } from "../../inventory/look-again.ts";
import { readInventory } from "../../inventory/read-inventory.ts";
import type { PlannedImage } from "../file/sync-plan.ts";
import { isReadable } from "../sync-job.ts";
import type { DeletionGroup } from "./deletion-groups.ts";
import { brokenTagsOption, type DeletionCall, type DeletionResults } from "./deletion-result.ts";
import { unneededTags } from "./unneeded-tags.ts";

/** How much of a target's content is read. */
const CONTENT = { referrers: false, children: "unlabelled" } as const;

/**
 * What the target's tags lead to before anything is deleted: what planning has read, or all of it.
 * Requests: none, or those of `readInventory`.
 */
export async function contentBefore({ target, content }: DeletionGroup, options: DeletionCall): Promise<Inventory> {
  if (content !== undefined) return content.inventory();
  if (!isReadable(target)) return [];
  return readInventory(target, { ...options.call, ...CONTENT, ...brokenTagsOption(options) });
}

/**
 * Of the tags that are about something those that can go, now that all else is gone: the target is
 * looked at again, and what is about something that stays is kept.
 * Requests: those of `lookAgain`.
 */
export async function followersToDelete(
  { target, images }: DeletionGroup,
  followers: readonly PlannedImage[],
  before: Inventory,
  { results, ...options }: DeletionCall & { readonly results: DeletionResults },
): Promise<readonly PlannedImage[]> {
  const open = followers.filter((image) => !results.has(image));
  if (open.length === 0 || !isReadable(target)) return [];
  let second: SecondLook;
  try {
    second = await lookAgain(target, before, { ...options.call, ...CONTENT, ...brokenTagsOption(options) });
  } catch (error) {
    options.call.signal.throwIfAborted();
    results.keepUnread(open, "what it is about cannot be looked at again", error);
    return [];
  }
  const gone = images.flatMap((image) => (results.isGone(image) && image.there ? [image.there] : []));
  const unneeded = unneededTags(second.inventory, { tags: open.map(({ targetTag }) => targetTag), gone });
  const going = open.filter(({ targetTag, there }) => unneeded.get(targetTag) === there);
  const staying = open.filter((image) => !going.includes(image));
  results.keep(staying, "it, or what it is about, is needed by something that stays");
  return going;
}
