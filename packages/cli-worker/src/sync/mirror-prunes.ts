import type { PruneLimit, PruneOwned } from "@tranship/copy";
import { choosableTags } from "@tranship/copy";
import type { Mirror } from "../mirror/mirror-file.ts";
import { RepositoryWriters } from "../mirror/resolve/repository-writers.ts";
import type { RepositoryMirror, ResolvedRepositories, ResolvedTarget } from "../mirror/resolve/resolve-repositories.ts";
import type { PruneMirrorFlags } from "./mirror-flags.ts";

/** What the mirrors of a file may delete: where the file says `prune`, and as far as the flags let them. */
export class MirrorPrunes {
  readonly #writers: RepositoryWriters;
  readonly #limits = new Map<Mirror, PruneLimit>();
  readonly #flags: PruneMirrorFlags;

  constructor(resolved: ResolvedRepositories, flags: PruneMirrorFlags) {
    this.#writers = new RepositoryWriters({ ...resolved, repositories: [] });
    this.#flags = flags;
  }

  /** What may be deleted at a target; undefined where nothing is to be. */
  at(resolved: RepositoryMirror, target: ResolvedTarget): PruneOwned | undefined {
    this.#writers.add(resolved);
    const limit = this.#limitOf(resolved.mirror);
    if (limit === undefined) return undefined;
    const writers = this.#writers;
    return {
      limit,
      ownership: resolved.mirror.prune?.ownership,
      owned: (tags) => ownedTags(resolved, target, tags),
      // Asked when it is needed: more may be found that write there.
      get forbidden() {
        return writers.besides(resolved, target);
      },
    };
  }

  #limitOf(mirror: Mirror): PruneLimit | undefined {
    if (mirror.prune === undefined) return undefined;
    const { maxDelete = mirror.prune.maxDelete, allowShrunken } = this.#flags;
    const limit = this.#limits.get(mirror) ?? { maxDelete, allowShrunken };
    this.#limits.set(mirror, limit);
    return limit;
  }
}

/** Tags of a target that fit the mirror's selection, with those of the source. */
function ownedTags(
  { mirror, values }: RepositoryMirror,
  target: ResolvedTarget,
  tags: readonly string[],
): ReadonlyMap<string, string> {
  const around = aroundTag(target, values);
  if (around === undefined) return new Map();
  // What the template adds is around {tag}; what is left is a tag of the source.
  const [head, tail] = around;
  const pairs = tags
    .filter((tag) => tag.startsWith(head) && tag.endsWith(tail) && tag.length > head.length + tail.length)
    .map((tag) => [tag, tag.slice(head.length, tag.length - tail.length)] as const);
  const choosable = choosableTags(
    mirror.tags,
    pairs.map(([, tag]) => tag),
  );
  return new Map(pairs.filter(([, tag]) => choosable.has(tag)));
}

/** What stands before and after `{tag}` in a target's tag; undefined where it has none or several. */
function aroundTag(
  { template }: ResolvedTarget,
  values: RepositoryMirror["values"],
): readonly [head: string, tail: string] | undefined {
  const texts = template.tag.map((part) =>
    typeof part === "string" ? part : part.placeholder === "tag" ? undefined : values[part.placeholder],
  );
  const at = texts.indexOf(undefined);
  if (at < 0 || texts.indexOf(undefined, at + 1) >= 0) return undefined;
  return [texts.slice(0, at).join(""), texts.slice(at + 1).join("")];
}
