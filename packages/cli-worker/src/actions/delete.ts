import { nameOf } from "@tranship/copy";
import { isDigest } from "@tranship/core";
import { formatLocation, type Location, referenceOf } from "../location.ts";
import { hostsOf, openStore, readLocation } from "../open-location.ts";
import type { OneSideFlags } from "../options.ts";
import { print } from "../output.ts";
import { Registries } from "../registries.ts";
import { UsageError } from "../usage-error.ts";

export interface DeleteFlags extends OneSideFlags {
  readonly quiet?: boolean | undefined;
}

/**
 * Removes a tag and nothing else, or a manifest by its digest with every tag that it has.
 * @throws {StoreError} MANIFEST_UNKNOWN; UNSUPPORTED where a registry can only remove the tag together with others, naming one.
 */
export async function deleteAction(text: string, flags: DeleteFlags, signal: AbortSignal): Promise<void> {
  const location = await readLocation(text);
  const reference = requireReference(location);
  await using registries = await Registries.create(flags, { hosts: hostsOf([location]) });
  const store = await openStore(location, registries, flags.creds);
  if (isDigest(reference)) await store.delete(await store.resolve(reference, { signal }), { signal });
  else await store.untag(reference, { signal });
  if (flags.quiet === true) return;
  const what = isDigest(reference) ? ", with every tag that it had" : "";
  print(`Deleted ${nameOf({ store, reference })}${what}`);
}

/** Nothing is deleted by a default. */
function requireReference(location: Location): string {
  const reference = referenceOf(location);
  if (reference !== undefined) return reference;
  const text = formatLocation(location);
  throw new UsageError(`delete needs a tag or a digest: write "${text}:TAG" or "${text}@sha256:…"`);
}
