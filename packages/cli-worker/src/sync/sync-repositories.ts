import type { CreatedTimes, SyncRepository, SyncTarget } from "@tranship/copy";
import { immutableTags } from "@tranship/copy";
import { formatRepository } from "@tranship/core";
import type { RepositoryMirror, ResolvedTarget } from "../mirror/resolve/resolve-repositories.ts";
import { targetTag } from "../mirror/resolve/target-template.ts";
import { chooseTags } from "./choose-tags.ts";
import type { MirrorPrunes } from "./mirror-prunes.ts";

/** A repository of a mirror file as the engine takes it. */
export function syncRepository(
  resolved: RepositoryMirror,
  { prunes, created }: { readonly prunes: MirrorPrunes; readonly created: CreatedTimes },
): SyncRepository {
  const { mirror, source } = resolved;
  const { digest } = mirror.from;
  const rules = mirror.tags;
  const from = formatRepository(source);
  const named = digest === undefined ? rules.names : [digest];
  return {
    mirror: mirrorName(resolved),
    from,
    targets: resolved.targets.map((target) => syncTarget(resolved, target, prunes)),
    tags:
      digest !== undefined || !rules.listed
        ? named
        : (listed, store, call) => chooseTags(rules, from, { listed, source: store, call, created }),
    immutable: (tags) => immutableTags(rules, tags),
    platforms: mirror.platforms,
    missingPlatforms: mirror.missingPlatforms,
    sparse: mirror.sparse,
    referrers: mirror.referrers,
    cosignTags: mirror.cosignTags,
  };
}

/** What plans and results call a mirror: its source as the file has it. */
export function mirrorName({ mirror }: Pick<RepositoryMirror, "mirror">): string {
  return mirror.from.text;
}

function syncTarget(resolved: RepositoryMirror, target: ResolvedTarget, prunes: MirrorPrunes): SyncTarget {
  const { values } = resolved;
  const isDigest = (tag: string): boolean => tag.includes(":");
  return {
    to: formatRepository(target),
    // An image that is named by its digest goes without a tag, unless the template writes one out.
    tagOf: (tag) => targetTag(target.template, { ...values, tag: isDigest(tag) ? undefined : tag }) ?? tag,
    prune: prunes.at(resolved, target),
  };
}
