import type { RegistryOptions } from "@tranship/core";
import type { Fault } from "./fault.ts";
import { LIST_FAULTS } from "./list-faults.ts";
import { MANIFEST_FAULTS } from "./manifest-faults.ts";

/** What is about small requests only: they go by one lane whatever the other does. */
const LISTS: ReadonlySet<string> = new Set([...LIST_FAULTS, ...MANIFEST_FAULTS].map(({ row }) => row));

/** A way in which bytes travel; every fault is met in each of them. */
export interface Lane {
  readonly name: string;
  readonly options: Partial<RegistryOptions>;
  /** Whether the fault may meet it. */
  readonly carries: (fault: Fault) => boolean;
}

/** The ways that there are. */
export const LANES: readonly Lane[] = [
  { name: "the control lane", options: { lane: "control" }, carries: () => true },
  { name: "the blob lane", options: { lane: "blob" }, carries: ({ row }) => !LISTS.has(row) },
];
