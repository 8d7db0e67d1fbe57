import { addRequests, type CopyOptions, copyTags, nameOf, type TagOutcome } from "@tranship/copy";
import type { Source, Target } from "@tranship/core";
import type { CopyReport } from "./copy-report.ts";

/** Copies all tags of a repository. What failed is in the report, also where the tags could not be listed; an abort rejects with `signal.reason`. */
export async function copyRepository(from: Source, to: Target, options: CopyOptions): Promise<CopyReport> {
  const names = { from: from.name, to: to.name };
  const namesOf = ({ tag }: TagOutcome): typeof names => ({
    from: nameOf({ store: from, reference: tag }),
    to: nameOf({ store: to, reference: tag }),
  });
  try {
    const { outcomes, requests } = await copyTags(from, to, options);
    const copies = outcomes.flatMap((outcome) =>
      "result" in outcome ? [{ ...namesOf(outcome), result: outcome.result }] : [],
    );
    const failures = outcomes.flatMap((outcome) =>
      "error" in outcome ? [{ ...namesOf(outcome), error: outcome.error }] : [],
    );
    const all = addRequests([requests, ...copies.map(({ result }) => result.requests)]);
    return { scope: "repository", ...names, copies, failures, requests: all };
  } catch (error) {
    options.signal?.throwIfAborted();
    return { scope: "repository", ...names, copies: [], failures: [{ ...names, error }], requests: {} };
  }
}
