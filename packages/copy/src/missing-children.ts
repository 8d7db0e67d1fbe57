import { setTimeout as delay } from "node:timers/promises";
import { RegistryError, StoreError } from "@tranship/core";
import { CopyError } from "./errors.ts";

/** Some registries show a blob to the manifest PUT some 100 ms after its upload (Amazon ECR). */
const WAITS_MS = [100, 300, 900];

/**
 * The codes with which registries refuse a manifest whose children they miss: distribution MANIFEST_BLOB_UNKNOWN, zot MANIFEST_INVALID,
 * go-containerregistry MANIFEST_UNKNOWN for a child manifest.
 */
const CODES: ReadonlySet<string> = new Set([
  "MANIFEST_BLOB_UNKNOWN",
  "BLOB_UNKNOWN",
  "MANIFEST_INVALID",
  "MANIFEST_UNKNOWN",
]);

/** Whether the target refused a manifest in a way that can mean that a child is missing. */
export function childrenAreMissing(error: unknown): boolean {
  if (error instanceof CopyError) return error.side === "target" && childrenAreMissing(error.cause);
  if (!(error instanceof StoreError)) return false;
  // Distribution 2.8 writes the link of a child anew where that is put or mounted once more, and finds it empty meanwhile: DIGEST_INVALID, alone or first.
  if (error instanceof RegistryError && error.code === "DIGEST_INVALID" && error.method === "PUT") return true;
  return CODES.has(error.code) || (error instanceof RegistryError && error.errors.some(({ code }) => CODES.has(code)));
}

/** Puts a manifest whose children were seen at the target, and waits for a target that shows them late. */
export async function waitForChildren<T>(put: () => Promise<T>, signal: AbortSignal): Promise<T> {
  for (const wait of WAITS_MS) {
    try {
      return await put();
    } catch (error) {
      if (!childrenAreMissing(error)) throw error;
    }
    await abortable(wait, signal);
  }
  return put();
}

async function abortable(ms: number, signal: AbortSignal): Promise<void> {
  try {
    await delay(ms, undefined, { signal });
  } catch {
    throw signal.reason;
  }
}
