import { type Digest, digestOf, type Journal, type JournalLimits, type UploadKey } from "@tranship/core";
import { afterEach, beforeEach, describe } from "vitest";
import { journalBlobCases } from "./journal-blob-cases.ts";
import { journalLeaseCases } from "./journal-lease-cases.ts";
import { journalOwnershipCases } from "./journal-ownership-cases.ts";
import { journalProfileCases } from "./journal-profile-cases.ts";
import { journalRepairCases } from "./journal-repair-cases.ts";
import { journalTagCases } from "./journal-tag-cases.ts";
import { journalUploadCases } from "./journal-upload-cases.ts";

/** Small enough to be reached. */
export const SMALL_LIMITS: Partial<JournalLimits> = {
  uploads: 5,
  blobs: 8,
  refusedMounts: 4,
  facts: 6,
  tags: 5,
  rewrites: 3,
  buildTimes: 3,
};

/** A journal for one test, empty. */
export interface JournalUnderTest {
  readonly journal: Journal;
  /** What another process would see of the same memory or file. */
  other(): Promise<Journal>;
  readonly cleanup: () => Promise<void>;
}

/** What the cases work with. */
export interface JournalSuite {
  /** The journal of the test that runs. */
  readonly journal: Journal;
  other(): Promise<Journal>;
  /** Lets time pass, in ms, and gives the time. */
  pass(ms: number): number;
}

/** What every journal must do. `open` is called for each test, with `SMALL_LIMITS` and a clock that the test moves. */
export function journalConformance(
  name: string,
  open: (options: { readonly limits: Partial<JournalLimits>; readonly now: () => number }) => Promise<JournalUnderTest>,
): void {
  describe(`${name} is a Journal`, () => {
    let made: JournalUnderTest | undefined;
    let time = 0;

    beforeEach(async () => {
      made = undefined;
      time = Date.UTC(2026, 0, 1);
      made = await open({ limits: SMALL_LIMITS, now: () => time });
    });

    afterEach(async () => {
      await made?.cleanup();
    });

    function current(): JournalUnderTest {
      if (made === undefined) throw new Error("the journal is only there while a test runs");
      return made;
    }

    const suite: JournalSuite = {
      get journal(): Journal {
        return current().journal;
      },
      other: () => current().other(),
      pass: (ms) => {
        time += ms;
        return time;
      },
    };

    const parts = [
      journalUploadCases,
      journalBlobCases,
      journalProfileCases,
      journalTagCases,
      journalOwnershipCases,
      journalRepairCases,
      journalLeaseCases,
    ];
    for (const cases of parts) cases(suite);
  });
}

/** A digest of its own for each number. */
export function digestNumber(number: number): Digest {
  return digestOf(Buffer.from(`blob ${number}`));
}

/** Where blob `number` goes. */
export function uploadKey(number: number, host = "registry.example"): UploadKey {
  return { host, access: "me", repository: "team/app", digest: digestNumber(number) };
}
