import { StoreError } from "@tranship/core";

/** Whether a source gave other bytes than the descriptor says. */
export function isWrongContent(error: unknown): boolean {
  return error instanceof StoreError && (error.code === "DIGEST_MISMATCH" || error.code === "SIZE_MISMATCH");
}
