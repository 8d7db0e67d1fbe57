import type { RegistryOptions } from "@tranship/core";

/** A way in which requests travel; every fault is met in each of them. */
export interface Lane {
  readonly name: string;
  readonly options: Partial<RegistryOptions>;
}

/** The ways that there are: each carries all that it can, manifests and lists too. */
export const LANES: readonly Lane[] = [
  { name: "the control lane", options: { lane: "control" } },
  { name: "the blob lane", options: { lane: "blob" } },
];
