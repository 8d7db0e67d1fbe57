import { formatLocation, formatPlace, referenceOf } from "../location.ts";
import { oneLine } from "../one-line.ts";
import { hostsOf, openStore, readLocation } from "../open-location.ts";
import type { OneSideFlags } from "../options.ts";
import { print, printJson } from "../output.ts";
import { Registries } from "../registries.ts";
import { UsageError } from "../usage-error.ts";

export interface ListFlags extends OneSideFlags {
  readonly json?: boolean | undefined;
}

/** Prints the tags of a repository or a layout, each as soon as it is known. */
export async function listTagsAction(text: string, flags: ListFlags, signal: AbortSignal): Promise<void> {
  const location = await readLocation(text);
  if (referenceOf(location) !== undefined) {
    throw new UsageError(`ls lists a repository: write "${formatPlace(location)}" for "${formatLocation(location)}"`);
  }
  await using registries = await Registries.create(flags, { hosts: hostsOf([location]) });
  const store = await openStore(location, registries, flags.creds);
  const tags = store.tags({ signal });
  if (flags.json === true) {
    printJson({ repository: formatPlace(location), tags: await Array.fromAsync(tags) });
    return;
  }
  for await (const tag of tags) {
    signal.throwIfAborted();
    print(oneLine(tag));
  }
}
