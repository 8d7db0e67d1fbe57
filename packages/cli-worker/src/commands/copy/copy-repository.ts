import { type CopyTagsOptions, copyTags, failures, nameOf, RequestCounter, type TagOutcome } from "@tranship/copy";
import type { Source, Target } from "@tranship/core";
import type { CopyReport } from "../../results/copy-report.ts";

/** Copies all tags of a repository. What failed is in the report, also where the tags could not be listed; an abort rejects with `signal.reason`. */
export async function copyRepository(from: Source, to: Target, options: CopyTagsOptions): Promise<CopyReport> {
  const names = { from: from.name, to: to.name };
  const namesOf = ({ tag }: Pick<TagOutcome, "tag">): typeof names => ({
    from: nameOf({ store: from, reference: tag }),
    to: nameOf({ store: to, reference: tag }),
  });
  const counter = new RequestCounter(options.onExchange);
  try {
    const copied = await copyTags(from, to, { ...options, onExchange: counter.count });
    const copies = copied.outcomes.flatMap((outcome) =>
      "result" in outcome ? [{ ...namesOf(outcome), result: outcome.result }] : [],
    );
    const failed = failures(copied).map(({ tag, error }) => ({
      ...(tag === undefined ? names : namesOf({ tag })),
      error,
    }));
    return { scope: "repository", ...names, copies, failures: failed, requests: counter.result() };
  } catch (error) {
    options.signal?.throwIfAborted();
    return { scope: "repository", ...names, copies: [], failures: [{ ...names, error }], requests: counter.result() };
  }
}
