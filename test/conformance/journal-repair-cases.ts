import { expect, it } from "vitest";
import { digestNumber, type JournalSuite } from "./journal-suite.ts";

const YEAR_MS = 365 * 24 * 60 * 60 * 1000;
const PLACE = { host: "registry.example", access: "me", repository: "team/app" };

/** Which blobs are being replaced. */
export function journalRepairCases(suite: JournalSuite): void {
  const blob = (number: number) => ({ digest: digestNumber(number), size: 1000 + number });

  it("repairs.pending() gives what began and has not ended, of that repository and role alone, oldest first", async () => {
    const { repairs } = suite.journal;
    const first = suite.pass(1);
    await repairs.begun(PLACE, blob(1));
    const second = suite.pass(1);
    await repairs.begun(PLACE, { digest: `sha512:${"a".repeat(128)}`, size: 0 });
    const other = await suite.other();
    expect(await other.repairs.pending(PLACE)).toEqual([
      { ...PLACE, ...blob(1), begun: first },
      { ...PLACE, digest: `sha512:${"a".repeat(128)}`, size: 0, begun: second },
    ]);
    for (const elsewhere of [{ host: "other.example" }, { access: "another" }, { repository: "team/other" }])
      expect(await other.repairs.pending({ ...PLACE, ...elsewhere })).toEqual([]);
  });

  it("repairs.begun() of what began before changes nothing", async () => {
    const begun = suite.pass(1);
    await suite.journal.repairs.begun(PLACE, blob(1));
    suite.pass(1);
    await (await suite.other()).repairs.begun(PLACE, { ...blob(1), size: 5 });
    expect(await suite.journal.repairs.pending(PLACE)).toEqual([{ ...PLACE, ...blob(1), begun }]);
  });

  it("repairs.ended() removes one record, also one of another process", async () => {
    const { repairs } = suite.journal;
    await repairs.begun(PLACE, blob(1));
    await repairs.begun(PLACE, blob(2));
    await (await suite.other()).repairs.ended(PLACE, blob(1).digest);
    await repairs.ended({ ...PLACE, repository: "never/seen" }, blob(2).digest);
    await repairs.ended({ ...PLACE, access: "another" }, blob(2).digest);
    expect(await repairs.pending(PLACE)).toMatchObject([blob(2)]);
    await repairs.ended(PLACE, blob(2).digest);
    await repairs.ended(PLACE, blob(2).digest);
    expect(await repairs.pending(PLACE)).toEqual([]);
  });

  it("repairs keep everything, whatever its number and age", async () => {
    const { repairs } = suite.journal;
    for (let number = 0; number < 50; number += 1) {
      suite.pass(1);
      await repairs.begun({ ...PLACE, repository: `app-${number % 2}` }, blob(number));
    }
    suite.pass(YEAR_MS);
    const { repairs: later, profiles } = await suite.other();
    await profiles.set("registry.example", "one", 1);
    expect((await Array.fromAsync(later.list())).map(({ digest }) => digest)).toEqual(
      Array.from({ length: 50 }, (_, number) => digestNumber(number)),
    );
    expect(await later.pending({ ...PLACE, repository: "app-1" })).toHaveLength(25);
  });

  it("repairs.clear() removes every record, and tells how many", async () => {
    const { repairs } = suite.journal;
    await repairs.begun(PLACE, blob(1));
    await repairs.begun({ ...PLACE, repository: "other" }, blob(1));
    expect(await repairs.clear()).toBe(2);
    expect(await repairs.clear()).toBe(0);
    expect(await Array.fromAsync((await suite.other()).repairs.list())).toEqual([]);
  });
}
