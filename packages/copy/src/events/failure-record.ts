import { type Digest, RegistryError, StoreError } from "@tranship/core";
import { CopyError } from "./errors.ts";

/** An error as plain data, for JSON. No secrets: neither messages nor URLs of core hold any. */
export interface FailureRecord {
  /** `ERROR` where it has none. */
  readonly code: string;
  readonly message: string;
  readonly side?: "source" | "target" | undefined;
  readonly operation?: string | undefined;
  readonly digest?: Digest | undefined;
  /** HTTP status, method and URL (without query) where a registry refused. */
  readonly status?: number | undefined;
  readonly method?: string | undefined;
  readonly url?: string | undefined;
}

/** The error's plain data. */
export function failureRecord(error: unknown): FailureRecord {
  if (!(error instanceof Error)) return { code: "ERROR", message: String(error) };
  const store = storeErrorIn(error);
  return {
    code: store?.code ?? ("code" in error && typeof error.code === "string" ? error.code : "ERROR"),
    message: error.message,
    ...(error instanceof CopyError && { side: error.side, operation: error.operation }),
    ...(error instanceof CopyError && error.descriptor !== undefined && { digest: error.descriptor.digest }),
    ...(store instanceof RegistryError && { method: store.method, url: store.url }),
    ...(store instanceof RegistryError && store.status !== undefined && { status: store.status }),
  };
}

/** The store's error that an error is, or that it was made from. */
export function storeErrorIn(error: unknown): StoreError | undefined {
  for (let cause = error; cause instanceof Error; cause = cause.cause) if (cause instanceof StoreError) return cause;
  return undefined;
}
