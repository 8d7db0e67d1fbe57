import type { RegistryOptions } from "@tranship/core";
import type { BoundFlags } from "../../arguments/bounds.ts";
import type { HostBounds } from "../host-rules.ts";

/** What bounds a host's transfers and lists. */
export function boundsOf(
  { minRate: rate, listLimit: lists }: BoundFlags,
  rules: HostBounds | undefined,
): Pick<RegistryOptions, "timeouts" | "lists"> {
  return {
    timeouts: {
      minBytesPerSecond: rate?.bytesPerSecond ?? rules?.minBytesPerSecond,
      rateWindowMs: rate?.windowMs,
    },
    lists: { ...rules?.lists, ...lists },
  };
}
