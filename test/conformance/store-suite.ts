import type { Store } from "@tranship/core";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { abortCases } from "./abort-cases.ts";
import { blobCases } from "./blob-cases.ts";
import { deleteCases } from "./delete-cases.ts";
import { manifestCases } from "./manifest-cases.ts";
import { referrerCases } from "./referrer-cases.ts";
import { refusalCases } from "./refusal-cases.ts";
import type { StoreFeature, Suite } from "./suite.ts";

/** A store for one test, empty. */
export interface StoreUnderTest {
  readonly store: Store;
  readonly cleanup: () => Promise<void>;
  /** What unfinished work left behind, where that can be seen. */
  readonly leftovers?: () => Promise<readonly string[]>;
  /** How many files or connections the store holds open, where that can be seen. */
  readonly openHandles?: () => Promise<number>;
}

export interface ConformanceOptions {
  /** Why the store lacks a feature; its tests are shown as skipped for that reason. */
  readonly without?: Partial<Readonly<Record<StoreFeature, string>>>;
}

/** What every store must do, whatever it is made of. `makeStore` is called for each test. */
export function storeConformance(
  name: string,
  makeStore: () => Promise<StoreUnderTest>,
  { without = {} }: ConformanceOptions = {},
): void {
  describe(`${name} is a Store`, () => {
    let made: StoreUnderTest | undefined;

    beforeEach(async () => {
      made = undefined;
      made = await makeStore();
    });

    afterEach(async () => {
      await made?.cleanup();
    });

    const suite: Suite = {
      get store(): Store {
        if (made === undefined) throw new Error("the store is only there while a test runs");
        return made.store;
      },
      leftovers: async () => (await made?.leftovers?.()) ?? [],
      openHandles: async () => made?.openHandles?.(),
      itWith: (feature, title, test) => {
        const reason = without[feature];
        if (reason !== undefined) console.warn(`Skipped: ${name}, ${title} (no ${feature}: ${reason})`);
        it.skipIf(reason !== undefined)(title, test);
      },
      expectNothingOf: async (descriptor) => {
        expect(await suite.store.has(descriptor)).toBe(false);
        expect(await suite.leftovers()).toEqual([]);
      },
    };

    for (const cases of [blobCases, refusalCases, abortCases, manifestCases, referrerCases, deleteCases]) cases(suite);
  });
}
