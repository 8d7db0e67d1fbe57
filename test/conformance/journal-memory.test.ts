import { MemoryJournal } from "@tranship/core";
import { journalConformance } from "./journal-suite.ts";

journalConformance("MemoryJournal", async (options) => {
  const journal = new MemoryJournal(options);
  return { journal, other: async () => journal.peer(), cleanup: () => journal.close() };
});
