import { type CallOptions, type Digest, StoreError, type Target } from "@tranship/core";
import { asCopyError } from "../events/errors.ts";

/** Whether a target has a manifest under its digest. Requests: 1 HEAD. */
export async function hasManifest(target: Target, digest: Digest, call: CallOptions): Promise<boolean> {
  try {
    await target.resolve(digest, call);
    return true;
  } catch (cause) {
    if (cause instanceof StoreError && (cause.code === "MANIFEST_UNKNOWN" || cause.code === "NAME_UNKNOWN"))
      return false;
    throw asCopyError({ side: "target", operation: "resolve", store: target.name, cause }, call.signal);
  }
}
