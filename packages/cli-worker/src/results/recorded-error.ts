import type { FailureRecord } from "@tranship/copy";
import { RegistryError, StoreError } from "@tranship/core";

/** The error that a record was made of, as far as that can be told: enough to say what to do about it. */
export function recordedError({ code, message, status, method, url }: FailureRecord): Error {
  if (method === undefined || url === undefined) return new StoreError(code, message);
  return new RegistryError(code, message, { method, url, ...(status !== undefined && { status }) });
}
