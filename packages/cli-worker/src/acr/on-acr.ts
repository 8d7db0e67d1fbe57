import { RegistryError, StoreError } from "@tranship/core";
import { isAzure } from "../is-azure.ts";

/** What Azure says of what is not there. */
const UNKNOWN: ReadonlySet<string> = new Set(["NAME_UNKNOWN", "TAG_UNKNOWN", "MANIFEST_UNKNOWN", "NOT_FOUND"]);

/**
 * Does what only Azure Container Registry can. A host that isn't Azure's by its name is asked too, since it may have a name of its own.
 * @throws {StoreError} UNSUPPORTED where the answer shows that it is some other registry.
 */
export async function onAcr<T>(host: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (isAzure(host) || !isOtherRegistry(error)) throw error;
    const action = error.message.split(": ")[0] ?? `Cannot ask "${host}"`;
    const detail = "it is no Azure Container Registry, and only those have properties and locks";
    throw new StoreError("UNSUPPORTED", `${action}: ${detail}`, { cause: error });
  }
}

/** No such path, or a web page in its place. */
function isOtherRegistry(error: unknown): error is RegistryError {
  if (!(error instanceof RegistryError)) return false;
  if (error.code === "PROTOCOL") return true;
  const { status, method, errors } = error;
  // Azure's properties can be changed whatever is locked, so a 405 doesn't speak of locks.
  if (status === 405 && method === "PATCH") return true;
  return (status === 404 || status === 501) && !errors.some(({ code }) => UNKNOWN.has(code));
}
