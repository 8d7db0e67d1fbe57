import { RegistryError, StoreError } from "../../errors/errors.ts";

/** What ACR says of what is not there. */
const UNKNOWN: ReadonlySet<string> = new Set(["NAME_UNKNOWN", "TAG_UNKNOWN", "MANIFEST_UNKNOWN", "NOT_FOUND"]);

/**
 * Whether a refusal shows that the registry has no API of ACR's. ACR says what is missing in the spec's list of errors; elsewhere there is no such path, and a
 * 404 without that list must not pass for a thing that is gone already.
 */
export function isFromOtherRegistry(error: unknown): error is RegistryError {
  if (!(error instanceof RegistryError)) return false;
  const { status, method, errors } = error;
  // ACR's properties can be changed whatever is locked, so a 405 doesn't speak of locks.
  if (status === 405) return method === "PATCH" || errors.length === 0;
  return (status === 404 || status === 501) && !errors.some(({ code }) => UNKNOWN.has(code));
}

/** Whether a document names its registry and its repository, as only those of ACR's API do. The list of repositories names neither. */
export function isOfAzure(document: unknown): boolean {
  if (typeof document !== "object" || document === null) return false;
  const { registry, imageName } = document as { readonly registry?: unknown; readonly imageName?: unknown };
  return typeof registry === "string" && typeof imageName === "string";
}

/** It has no status: a 404 among these is nobody's success. */
export function noAcr(action: string, cause?: RegistryError): StoreError {
  const detail = "it is no Azure Container Registry, and this is done with its own API";
  return new StoreError("UNSUPPORTED", `${action}: ${detail}`, { cause });
}
