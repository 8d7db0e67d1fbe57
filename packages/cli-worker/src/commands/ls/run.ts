import type { OneSideFlags } from "../../arguments/options.ts";
import { UsageError } from "../../errors/usage-error.ts";
import { formatLocation, formatPlace, referenceOf } from "../../locations/location.ts";
import { hostsOf, openStore, readLocation } from "../../locations/open-location.ts";
import { Registries } from "../../registries/registries.ts";
import { printNames } from "../../terminal/print-list.ts";

export interface ListFlags extends OneSideFlags {
  readonly json?: boolean | undefined;
}

/**
 * Prints the tags of a repository or a layout, each as soon as it is known.
 * @throws {IncompleteListError} after all that came, where there may be more.
 */
export async function listTagsAction(text: string, flags: ListFlags, signal: AbortSignal): Promise<void> {
  const location = await readLocation(text);
  if (referenceOf(location) !== undefined) {
    throw new UsageError(`ls lists a repository: write "${formatPlace(location)}" for "${formatLocation(location)}"`);
  }
  await using registries = await Registries.create(flags, { hosts: hostsOf([location]) });
  const store = await openStore(location, registries, flags.creds);
  const of = { repository: formatPlace(location) };
  await printNames(store.tags({ signal }), { json: flags.json === true, name: "tags", of, signal });
}
