import type {
  AcrClient,
  ChangeableProperties,
  ManifestProperties,
  RepositoryProperties,
  TagProperties,
} from "@tranship/core";
import type { OneSideFlags } from "../../arguments/options.ts";
import { formatLocation, type RegistryLocation } from "../../locations/location.ts";
import { Registries } from "../../registries/registries.ts";
import { print, printJson } from "../../terminal/output.ts";
import { readAcrReference } from "./acr-place.ts";
import { renderLocks } from "./render-properties.ts";

export interface AcrLockFlags extends OneSideFlags {
  readonly write?: boolean | undefined;
  readonly delete?: boolean | undefined;
  readonly list?: boolean | undefined;
  readonly read?: boolean | undefined;
  readonly json?: boolean | undefined;
  readonly quiet?: boolean | undefined;
}

/**
 * Forbids or allows what the flags name, writing and deleting where they name nothing, and prints what is locked then.
 * @throws {StoreError} NAME_UNKNOWN, MANIFEST_UNKNOWN; UNSUPPORTED on other registries.
 */
export async function acrLockAction(
  text: string,
  { allow, flags }: { readonly allow: boolean; readonly flags: AcrLockFlags },
  signal: AbortSignal,
): Promise<void> {
  const place = await readAcrReference(text);
  await using registries = await Registries.create(flags, { hosts: [place.host] });
  const client = await registries.acrClient(place.host, flags.creds);
  const properties = await change(client, place, changesOf(allow, flags), signal);
  if (flags.json === true) printJson(properties);
  else if (flags.quiet !== true) print(`${formatLocation(place)}: locked: ${renderLocks(properties)}`);
}

function changesOf(allow: boolean, flags: AcrLockFlags): ChangeableProperties {
  const { write, delete: remove, list, read } = flags;
  if (write !== true && remove !== true && list !== true && read !== true) return { canWrite: allow, canDelete: allow };
  return {
    ...(write === true && { canWrite: allow }),
    ...(remove === true && { canDelete: allow }),
    ...(list === true && { canList: allow }),
    ...(read === true && { canRead: allow }),
  };
}

function change(
  client: AcrClient,
  { repository, tag, digest }: RegistryLocation,
  changes: ChangeableProperties,
  signal: AbortSignal,
): Promise<RepositoryProperties | ManifestProperties | TagProperties> {
  if (digest !== undefined) return client.updateManifestProperties(repository, digest, changes, { signal });
  if (tag !== undefined) return client.updateTagProperties(repository, tag, changes, { signal });
  return client.updateRepositoryProperties(repository, changes, { signal });
}
