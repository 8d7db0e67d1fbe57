import type { AcrClient, ManifestProperties, RepositoryProperties, TagProperties } from "@tranship/core";
import type { OneSideFlags } from "../../arguments/options.ts";
import { formatLocation, type RegistryLocation } from "../../locations/location.ts";
import { Registries } from "../../registries/registries.ts";
import { print, printJson } from "../../terminal/output.ts";
import { readAcrReference } from "./acr-place.ts";
import { renderProperties } from "./render-properties.ts";

export interface AcrShowFlags extends OneSideFlags {
  readonly json?: boolean | undefined;
}

/** Prints the properties of a repository, a tag or a manifest. @throws {StoreError} NAME_UNKNOWN, MANIFEST_UNKNOWN; UNSUPPORTED on other registries. */
export async function acrShowAction(text: string, flags: AcrShowFlags, signal: AbortSignal): Promise<void> {
  const place = await readAcrReference(text);
  await using registries = await Registries.create(flags, { hosts: [place.host] });
  const client = await registries.acrClient(place.host, flags.creds);
  const properties = await propertiesOf(client, place, signal);
  if (flags.json === true) printJson(properties);
  else renderProperties(formatLocation(place), properties).forEach(print);
}

function propertiesOf(
  client: AcrClient,
  { repository, tag, digest }: RegistryLocation,
  signal: AbortSignal,
): Promise<RepositoryProperties | ManifestProperties | TagProperties> {
  if (digest !== undefined) return client.getManifestProperties(repository, digest, { signal });
  if (tag !== undefined) return client.getTagProperties(repository, tag, { signal });
  return client.getRepositoryProperties(repository, { signal });
}
