import type { SyncRepository, VerifyStores } from "@tranship/copy";
import { isDigest, type LayoutStore, type RegistryStore } from "@tranship/core";
import type { TwoSideFlags } from "../../arguments/options.ts";
import { type PlatformFlags, readPlatforms } from "../../arguments/read-platforms.ts";
import { formatPlace, type Location, referenceOf } from "../../locations/location.ts";
import { openSource, openStore } from "../../locations/open-location.ts";
import { refuseReferences } from "../../locations/refuse-references.ts";
import type { Registries } from "../../registries/registries.ts";

/** What of two places is compared. */
export interface ComparedPlaces extends TwoSideFlags, PlatformFlags {
  readonly allTags?: boolean | undefined;
  readonly referrers?: boolean | undefined;
  readonly cosignTags?: boolean | undefined;
}

/** Two places as a mirror and its stores. */
export interface OpenPlaces {
  readonly repository: SyncRepository;
  readonly stores: VerifyStores;
}

/**
 * Opens an image or a repository and what was made of it. No request.
 * @throws {UsageError} for a folder that is no layout, for tags where repositories are compared, and for platforms that are none.
 */
export async function openPlaces(
  source: Location,
  target: Location,
  registries: Registries,
  flags: ComparedPlaces,
): Promise<OpenPlaces> {
  const { allTags = false, referrers, cosignTags, srcCreds, destCreds } = flags;
  if (allTags) refuseReferences("compares", [source, target]);
  const chosen = await readPlatforms(flags);
  const from = await openStore(source, registries, srcCreds);
  const to = await openStore(target, registries, destCreds);
  const names = { from: formatPlace(source), to: formatPlace(target) };
  const references = allTags ? undefined : await referencesOf(source, target, registries);
  return {
    repository: {
      mirror: names.from,
      from: names.from,
      targets: [{ to: names.to, tagOf: references && (() => references.target) }],
      tags: references ? [references.source] : async (listed) => ({ tags: listed.map(({ name }) => name) }),
      ...chosen,
      referrers,
      cosignTags: cosignTags ?? (allTags && referrers),
    },
    stores: {
      source: async (): Promise<RegistryStore | LayoutStore> => from,
      target: async (): Promise<RegistryStore | LayoutStore> => to,
    },
  };
}

/** As `copy` understands them: `latest` of a registry, the only image of a layout; a digest stays one at the target. */
async function referencesOf(
  source: Location,
  target: Location,
  registries: Registries,
): Promise<{ readonly source: string; readonly target: string }> {
  const [from, to] = [await openSource(source, registries), await openSource(target, registries)];
  if (isDigest(from.reference) && target.kind === "registry" && referenceOf(target) === undefined) {
    return { source: from.reference, target: from.reference };
  }
  return { source: from.reference, target: to.reference };
}
