import type { Digest } from "@tranship/core";
import { inFlight } from "../../concurrency/in-flight.ts";
import { isDigestTag } from "../../copy/digest-tags.ts";
import { failureRecord } from "../../events/failure-record.ts";
import { Reader } from "../../run/reader.ts";
import { Writer } from "../../run/writer.ts";
import type { PlannedImage } from "../file/sync-plan.ts";
import { readTargetListing } from "../listing.ts";
import { isReadable } from "../sync-job.ts";
import { forEachImage } from "./delete-tag.ts";
import type { DeletionGroup } from "./deletion-groups.ts";
import type { DeletionCall, DeletionOptions, DeletionResults } from "./deletion-result.ts";
import type { Ownership } from "./ownership.ts";
import { readTagged } from "./read-tagged.ts";

/** Tags of one target that are looked at at once. */
const AT_ONCE = 16;

/** Keeps what is not recorded as the mirror's own any more. No request. */
export async function keepUnowned(
  images: readonly PlannedImage[],
  results: DeletionResults,
  ownership: Ownership,
): Promise<void> {
  for (const image of images) {
    if (image.own?.because === "pattern") continue;
    const record = await ownership.find(image);
    if (record?.digest === image.there) continue;
    const why =
      record === undefined
        ? "no record says that this mirror wrote it"
        : `the record of what this mirror wrote says "${record.digest}"`;
    results.keep([image], why);
  }
}

/**
 * Keeps what the source has after all: its list was read before everything was copied, and may have
 * been wrong. What cannot be asked stays too.
 * Requests: 1 HEAD at the source for each tag that its list did not have.
 */
export async function keepReturned(
  { source }: DeletionGroup,
  open: readonly PlannedImage[],
  results: DeletionResults,
  options: DeletionOptions,
): Promise<void> {
  // A plan that was read may give another reason: only what is made of a digest goes with something else.
  const gone = open.filter(
    ({ reason, targetTag }) => reason === "gone" || (reason !== "unselected" && !isDigestTag(targetTag)),
  );
  await forEachImage(gone, results, options, async ({ from, tag }, { run, call }) => {
    try {
      const { digest } = await new Reader(source, run, call).resolve(tag);
      return { outcome: "kept", why: `${from}:${tag} is at the source after all: "${digest}"` };
    } catch (error) {
      call.signal.throwIfAborted();
      const record = failureRecord(error);
      if (record.code === "MANIFEST_UNKNOWN") return undefined;
      return { outcome: "kept", why: `whether the source still has it cannot be found out: ${record.message}` };
    }
  });
}

/**
 * Lists the target again, right before anything is deleted: what is gone is done, and where there
 * is no list everything stays. Requests: those of the list.
 */
export async function listAgain(
  { target, images }: DeletionGroup,
  results: DeletionResults,
  { run, call }: DeletionCall,
): Promise<void> {
  try {
    const { tags } = await readTargetListing(target, run, call);
    if (tags === undefined) return results.keep(images, "the target does not let its tags be listed");
    if (tags.doubt !== undefined) throw tags.doubt;
    for (const image of images) if (tags.lacks(image.targetTag)) results.set(image, { outcome: "unchanged" });
  } catch (error) {
    call.signal.throwIfAborted();
    results.keepUnread(images, "the target's tags cannot be listed again", error);
  }
}

/**
 * Finds those that are about something: digest tags, and what has a subject. What cannot be read
 * stays.
 * Requests: 1 GET for each other tag, none for a manifest that the run has read.
 */
export async function findFollowers(
  { target }: DeletionGroup,
  open: readonly PlannedImage[],
  results: DeletionResults,
  options: DeletionOptions,
): Promise<readonly PlannedImage[]> {
  const followers = new Set(open.filter(({ targetTag }) => isDigestTag(targetTag)));
  const others = open.filter((image) => !followers.has(image));
  await forEachImage(others, results, options, async (image, call) => {
    try {
      const manifest = isReadable(target) ? await readTagged(target, image.there as Digest, call) : undefined;
      if (manifest === undefined) return { outcome: "kept", why: `"${image.there}" cannot be read` };
      if (manifest.subject !== undefined) followers.add(image);
      return undefined;
    } catch (error) {
      options.call.signal.throwIfAborted();
      return { outcome: "kept", why: `it cannot be read: ${failureRecord(error).message}` };
    }
  });
  return open.filter((image) => followers.has(image));
}

/**
 * Why a tag that is to stay untouched is not as it was planned; undefined where all are. Requests:
 * 1 HEAD for each.
 */
export async function whyIncomplete(
  { target, unchanged }: DeletionGroup,
  { run, call }: DeletionCall,
): Promise<string | undefined> {
  const looking = inFlight(unchanged, AT_ONCE, async ({ to, targetTag, from, root, there }) => {
    const writer = new Writer(target, { run, call, sourceName: from });
    const now = (await writer.resolve(targetTag, { mayBeHidden: false }))?.digest;
    const expected = root ?? there ?? now;
    return now === undefined || now !== expected
      ? `${to}:${targetTag}, which is to stay, is not as it was planned`
      : undefined;
  });
  try {
    for await (const wrong of looking) if (wrong !== undefined) return wrong;
    return undefined;
  } catch (error) {
    call.signal.throwIfAborted();
    return `what is to stay there can't be looked at: ${failureRecord(error).message}`;
  }
}
