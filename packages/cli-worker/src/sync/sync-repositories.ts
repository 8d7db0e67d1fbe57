import type { SyncRepository, SyncTarget } from "@tranship/copy";
import { formatRepository } from "@tranship/core";
import type { RepositoryMirror, ResolvedTarget } from "../mirror/resolve/resolve-repositories.ts";
import { targetTag } from "../mirror/resolve/target-template.ts";
import { couldChoose, immutableTags } from "../mirror/select/select-tags.ts";
import { chooseTags } from "./choose-tags.ts";

/** A repository of a mirror file as the engine takes it. */
export function syncRepository(resolved: RepositoryMirror): SyncRepository {
  const { mirror, source } = resolved;
  const { digest } = mirror.from;
  const rules = mirror.tags;
  const from = formatRepository(source);
  const named = digest === undefined ? rules.names : [digest];
  return {
    mirror: mirrorName(resolved),
    from,
    targets: resolved.targets.map((target) => syncTarget(resolved, target)),
    tags:
      digest !== undefined || !rules.listed
        ? named
        : (listed, store, signal) => chooseTags(rules, from, { listed, source: store, signal }),
    immutable: (tags) => immutableTags(rules, tags),
    platforms: mirror.platforms,
    sparse: mirror.sparse,
    referrers: mirror.referrers,
    cosignTags: mirror.cosignTags,
  };
}

/** What plans and results call a mirror: its source as the file has it. */
export function mirrorName({ mirror }: Pick<RepositoryMirror, "mirror">): string {
  return mirror.from.text;
}

function syncTarget({ values }: RepositoryMirror, target: ResolvedTarget): SyncTarget {
  const isDigest = (tag: string): boolean => tag.includes(":");
  return {
    to: formatRepository(target),
    // An image that is named by its digest goes without a tag, unless the template writes one out.
    tagOf: (tag) => targetTag(target.template, { ...values, tag: isDigest(tag) ? undefined : tag }) ?? tag,
  };
}

/** Whether the mirror's own selection could have made a tag of the target: what it may prune. */
export function ownsTag({ mirror, values }: RepositoryMirror, target: ResolvedTarget, tag: string): boolean {
  // The text around {tag} is what the template adds; what is left is a tag of the source.
  const [head, tail] = aroundTag(target, values);
  if (head === undefined || tail === undefined) return false;
  if (!tag.startsWith(head) || !tag.endsWith(tail) || tag.length <= head.length + tail.length) return false;
  return couldChoose(mirror.tags, tag.slice(head.length, tag.length - tail.length));
}

/** What stands before and after `{tag}` in a target's tag; undefined where it has none or several. */
function aroundTag(
  { template }: ResolvedTarget,
  values: RepositoryMirror["values"],
): readonly [string | undefined, string | undefined] {
  const texts = template.tag.map((part) =>
    typeof part === "string" ? part : part.placeholder === "tag" ? undefined : values[part.placeholder],
  );
  const at = texts.indexOf(undefined);
  if (at < 0 || texts.indexOf(undefined, at + 1) >= 0) return [undefined, undefined];
  return [texts.slice(0, at).join(""), texts.slice(at + 1).join("")];
}
