import {
  type CopyResult,
  type CopyTagsOptions,
  copy,
  copyCosignTags,
  cosignTagsLeft,
  type Destination,
  nameOf,
  RequestCounter,
} from "@tranship/copy";
import type { Located, Source } from "@tranship/core";
import { isUsage } from "../../errors/exit-code.ts";
import type { CopyReport } from "../../results/copy-report.ts";

/**
 * Copies one image, and with `cosignTags` what cosign keeps for it. With `referrers` alone a notice
 * says how many of cosign's tags are left. A failure is in the report.
 * @throws what shows that the command was wrong, such as a platform that is not there; an abort rejects with `signal.reason`.
 */
export async function copyImage(
  from: Located<Source>,
  to: Destination,
  { cosignTags, ...options }: CopyTagsOptions,
): Promise<CopyReport> {
  const names = { from: nameOf(from), to: nameOf(to) };
  const counter = new RequestCounter(options.onExchange);
  const counted = { ...options, onExchange: counter.count };
  try {
    const result = await copy(from, to, counted);
    const image = { ...names, result };
    const cosign = await ofCosign(from, to, result, { ...counted, cosignTags });
    return {
      scope: "image",
      ...names,
      copies: [image, ...cosign.copies],
      failures: cosign.failures,
      requests: counter.result(),
    };
  } catch (error) {
    options.signal?.throwIfAborted();
    if (isUsage(error)) throw error;
    return { scope: "image", ...names, copies: [], failures: [{ ...names, error }], requests: counter.result() };
  }
}

const NOTHING: Pick<CopyReport, "copies" | "failures"> = { copies: [], failures: [] };

/** Copies cosign's tags of the image, or says how many of them are left. */
async function ofCosign(
  from: Located<Source>,
  to: Destination,
  image: CopyResult,
  { cosignTags = false, referrers = false, ...options }: CopyTagsOptions,
): Promise<Pick<CopyReport, "copies" | "failures">> {
  if ((!cosignTags && !referrers) || image.outcome === "kept") return NOTHING;
  const names = { from: nameOf(from), to: nameOf(to) };
  const notice = (message: string): void => options.onEvent?.({ ...names, type: "notice", message });
  try {
    const { tags, outcomes, doubt } = await copyCosignTags(from, to, image, { ...options, countOnly: !cosignTags });
    if (!cosignTags) {
      if (tags.length > 0) notice(cosignTagsLeft(tags.length));
      return NOTHING;
    }
    const ofTag = (tag: string): typeof names => ({
      from: nameOf({ ...from, reference: tag }),
      to: nameOf({ ...to, reference: tag }),
    });
    const doubtful = doubt === undefined ? [] : [{ ...names, error: doubt }];
    return {
      copies: outcomes.flatMap(({ tag, ...one }) => ("result" in one ? [{ ...ofTag(tag), result: one.result }] : [])),
      failures: [
        ...outcomes.flatMap(({ tag, ...one }) => ("error" in one ? [{ ...ofTag(tag), error: one.error }] : [])),
        ...doubtful,
      ],
    };
  } catch (error) {
    options.signal?.throwIfAborted();
    if (cosignTags) return { copies: [], failures: [{ ...names, error }] };
    notice(`cosign's tags are not copied, and could not be counted: ${error instanceof Error ? error.message : error}`);
    return NOTHING;
  }
}
