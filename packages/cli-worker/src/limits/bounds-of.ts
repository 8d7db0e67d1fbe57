import type { RegistryOptions } from "@tranship/core";
import type { HostBounds } from "../registries/host-rules.ts";
import type { BoundFlags } from "./bounds.ts";

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
