import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openJournal } from "@tranship/copy";
import type { Journal } from "@tranship/core";
import { expect } from "vitest";
import { journalConformance } from "./journal-suite.ts";

journalConformance("openJournal()", async (options) => {
  const folder = await mkdtemp(join(tmpdir(), "tranship-state-"));
  const setAside: unknown[] = [];
  const opened: Journal[] = [];
  async function open(): Promise<Journal> {
    const journal = await openJournal(folder, { ...options, onSetAside: (event) => setAside.push(event) });
    opened.push(journal);
    return journal;
  }
  return {
    journal: await open(),
    other: open,
    cleanup: async () => {
      for (const journal of opened) await journal.close();
      await rm(folder, { recursive: true });
      expect(setAside).toEqual([]);
    },
  };
});
