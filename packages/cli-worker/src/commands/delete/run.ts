import { nameOf } from "@tranship/copy";
import { type AcrClient, type CallOptions, isDigest, StoreError } from "@tranship/core";
import type { DeleteFlags } from "../../arguments/content-flags.ts";
import { UsageError } from "../../errors/usage-error.ts";
import { formatLocation, type Location, referenceOf } from "../../locations/location.ts";
import { hostsOf, openStore, readLocation } from "../../locations/open-location.ts";
import { isAzure } from "../../registries/is-azure.ts";
import { Registries } from "../../registries/registries.ts";
import type { BrokenTagsFlags } from "../../results/broken-tags.ts";
import { print } from "../../terminal/output.ts";

/**
 * Removes a tag and nothing else, or a manifest by its digest with every tag that it has.
 * @throws {StoreError} MANIFEST_UNKNOWN; UNSUPPORTED where a registry can only remove the tag together with others, naming one; BROKEN_TAG.
 */
export async function deleteAction(
  text: string,
  flags: DeleteFlags & BrokenTagsFlags,
  signal: AbortSignal,
): Promise<void> {
  const location = await readLocation(text);
  const reference = requireReference(location);
  await using registries = await Registries.create(flags, { hosts: hostsOf([location]) });
  const store = await openStore(location, registries, flags.creds);
  if (isDigest(reference)) await store.delete(await store.resolve(reference, { signal }), { signal });
  else if (location.kind === "registry" && isAzure(location.host)) {
    const client = await registries.acrClient(location.host, flags.creds);
    await deleteAcrTag(client, location.repository, reference, { signal });
  } else await store.untag(reference, { signal, ignoreBrokenTags: flags.ignoreBrokenTags });
  if (flags.quiet === true) return;
  const what = isDigest(reference) ? ", with every tag that it had" : "";
  print(`Deleted ${nameOf({ store, reference })}${what}`);
}

/** Azure's own request for a tag: its manifest stays, with the other tags. */
async function deleteAcrTag(client: AcrClient, repository: string, tag: string, options: CallOptions): Promise<void> {
  if (await client.deleteTag(repository, tag, options)) return;
  const place = `${client.host}/${repository}`;
  throw new StoreError(
    "MANIFEST_UNKNOWN",
    `Cannot delete tag "${tag}" from "${place}": it does not exist; see what is there with: tranship ls ${place}`,
  );
}

/** Nothing is deleted by a default. */
function requireReference(location: Location): string {
  const reference = referenceOf(location);
  if (reference !== undefined) return reference;
  const text = formatLocation(location);
  throw new UsageError(`delete needs a tag or a digest: write "${text}:TAG" or "${text}@sha256:…"`);
}
