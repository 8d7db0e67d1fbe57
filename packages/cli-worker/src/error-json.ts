import { CopyError } from "@tranship/copy";
import { RegistryError } from "@tranship/core";
import { storeErrorIn } from "./hints.ts";

/** An error as JSON output has it. No secrets: neither messages nor URLs of core hold any. */
export interface ErrorJson {
  readonly code: string;
  readonly message: string;
  readonly side?: "source" | "target";
  readonly operation?: string;
  readonly digest?: string;
  /** HTTP status, method and URL (without query) where a registry refused. */
  readonly status?: number;
  readonly method?: string;
  readonly url?: string;
}

/** The error's plain data; `code` is `ERROR` where it has none. */
export function errorJson(error: unknown): ErrorJson {
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
