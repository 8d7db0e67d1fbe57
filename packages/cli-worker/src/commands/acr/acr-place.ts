import { parseHost } from "@tranship/core";
import { readingInput, UsageError } from "../../errors/usage-error.ts";
import { parseLocation, type RegistryLocation } from "../../locations/location.ts";

/** Reads `HOST/REPOSITORY[:TAG|@DIGEST]`. A name without a host is refused: docker.io has no such API. @throws {UsageError} */
export async function readAcrReference(text: string): Promise<RegistryLocation> {
  const location = await readingInput(() => parseLocation(text));
  const bare = text.replace(/^docker:\/\//, "");
  if (location.kind === "registry" && bare.toLowerCase().startsWith(`${location.host}/`)) return location;
  throw new UsageError(`Bad reference "${text}": expected HOST/REPOSITORY[:TAG|@DIGEST] in Azure Container Registry`);
}

/** Reads `HOST` or `HOST/REPOSITORY`. @throws {UsageError} */
export async function readAcrPlace(
  text: string,
): Promise<{ readonly host: string; readonly repository?: string | undefined }> {
  const bare = text.replace(/^docker:\/\//, "").replace(/\/$/, "");
  if (!bare.includes("/")) return { host: await readingInput(() => parseHost(bare)) };
  const { host, repository, tag, digest } = await readAcrReference(bare);
  const reference = digest ?? tag;
  if (reference === undefined) return { host, repository };
  throw new UsageError(`acr list is for registries and repositories: leave out "${reference}" of "${text}"`);
}
