import type { Destination } from "@tranship/copy";
import type { LayoutStore, Located, RegistryStore, Store } from "@tranship/core";
import { openLayoutForWriting } from "@tranship/core";
import { readingInput } from "../errors/usage-error.ts";
import type { Registries } from "../registries/registries.ts";
import { type Location, parseLocation, referenceOf } from "./location.ts";

/** Reads a location. @throws {UsageError} for a malformed one. */
export function readLocation(text: string): Promise<Location> {
  return readingInput(() => parseLocation(text));
}

/** The hosts of the registries among the locations. */
export function hostsOf(locations: readonly Location[]): readonly string[] {
  return [...new Set(locations.flatMap((location) => (location.kind === "registry" ? [location.host] : [])))];
}

/** The store of a location that is read. No request. @throws {UsageError} for a folder that is no layout. */
export async function openStore(
  location: Location,
  registries: Registries,
  credentials?: string,
): Promise<LayoutStore | RegistryStore> {
  if (location.kind === "registry") return registries.repository(location, credentials);
  return readingInput(() => registries.layout(location.directory));
}

/**
 * What is to be read: `latest` where a registry's location has no tag, the only image of a layout where that has none.
 * @throws {UsageError} for a folder that is no layout. @throws {StoreError} MANIFEST_UNKNOWN where a layout without a tag has several images.
 */
export async function openSource(
  location: Location,
  registries: Registries,
  credentials?: string,
): Promise<Located<Store>> {
  const reference = referenceOf(location);
  if (location.kind === "registry") {
    return { store: await registries.repository(location, credentials), reference: reference ?? "latest" };
  }
  const store = await readingInput(() => registries.layout(location.directory));
  return { store, reference: reference ?? (await store.only()).digest };
}

/** Where a copy goes: `latest` where a registry's location has no tag, untagged where a layout's has none. No request, and nothing is made yet. */
export async function openDestination(
  location: Location,
  registries: Registries,
  credentials?: string,
): Promise<Destination> {
  const reference = referenceOf(location);
  if (location.kind === "registry") {
    return { store: await registries.repository(location, credentials), reference: reference ?? "latest" };
  }
  return { store: await readingInput(() => openLayoutForWriting(location.directory)), reference };
}
