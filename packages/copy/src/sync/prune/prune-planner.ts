import { brokenTagsError, type Digest, findMissingTags, type MissingTags, subjectOfTag } from "@tranship/core";
import { atOnce } from "../../at-once.ts";
import { failureRecord } from "../../failure-record.ts";
import { Writer } from "../../writer.ts";
import type { OpenRepository, OpenTarget } from "../open-repository.ts";
import type { PlanTagOptions } from "../plan-tag-options.ts";
import { isReadable, type JobEntry, NO_JOB, type SyncJob } from "../sync-job.ts";
import type { Unresolved } from "../sync-plan.ts";
import type { PruneLimit } from "../sync-repository.ts";
import { type OwnedTags, ownedTags, type UnwantedTag } from "./owned-tags.ts";

/** What a mirror would delete. */
interface Deletions {
  readonly mirror: string;
  count: number;
  readonly targets: Set<string>;
  /** Empty as soon as there are too many. */
  jobs: { readonly repository: OpenRepository; readonly entries: readonly JobEntry[] }[];
}

/**
 * Plans what mirrors delete, repository by repository as they are planned. Whether it is too much, and whether somebody else writes to a target, is known when all were seen.
 * Memory: the entries, never more of a mirror than its limit.
 */
export class PrunePlanner {
  readonly #options: PlanTagOptions;
  readonly #mirrors = new Map<PruneLimit, Deletions>();

  constructor(options: PlanTagOptions) {
    this.#options = options;
  }

  /**
   * Looks at a repository whose tags are planned; what it may not delete is in the job's notices.
   * Requests: 1 HEAD for each tag that is to go, none where the list has digests. Where a target has digest tags about something that is not known to stay, what
   * `readInventory` takes of it without referrers.
   * @param following digest tags that are copied in this run.
   */
  async look(repository: OpenRepository, following: ReadonlySet<string>): Promise<SyncJob> {
    const notices: string[] = [];
    const unresolved: Unresolved[] = [];
    const { mirror, from } = repository.spec;
    for (const target of repository.targets) {
      try {
        notices.push(...(await this.#lookAt(repository, target, following)));
      } catch (error) {
        this.#options.call.signal.throwIfAborted();
        unresolved.push({ mirror, from, to: target.spec.to, error: failureRecord(error) });
      }
    }
    return { ...NO_JOB, name: repository.spec.from, notices, unresolved };
  }

  async #lookAt(
    repository: OpenRepository,
    target: OpenTarget,
    following: ReadonlySet<string>,
  ): Promise<readonly string[]> {
    const { prune, to } = target.spec;
    if (prune === undefined) return [];
    if (repository.listing !== undefined && target.listing === undefined) {
      return [`Nothing is deleted at ${to}: it does not let its tags be listed`];
    }
    const owned = ownedTags(repository, target, prune);
    if (owned === undefined) return [];
    if (owned.forbidden !== undefined) {
      return owned.unwanted.length === 0 ? [] : [`Nothing is deleted at ${to}: ${owned.forbidden}`];
    }
    const orphans = await this.#orphans(repository, target, { owned, following });
    const entries = await this.#count(repository, target, [...owned.unwanted, ...orphans]);
    if (entries.length > 0) this.#of(prune.limit, repository).jobs.push({ repository, entries });
    return owned.locked.length === 0 ? [] : [`${to}: what is locked stays: ${owned.locked.join(", ")}`];
  }

  /** The deletions, when every repository was looked at. */
  *jobs(): Generator<SyncJob, void, void> {
    for (const [{ maxDelete }, { mirror, count, targets, jobs }] of this.#mirrors) {
      if (count > maxDelete) {
        const at = [...targets].slice(0, 3).join(", ");
        const more = targets.size > 3 ? ` and ${targets.size - 3} more` : "";
        const message = `Cannot prune "${mirror}": ${count} tags would be deleted at ${at}${more}, and the limit is ${maxDelete}; nothing is. If it is right, say --max-delete ${count}`;
        yield {
          ...NO_JOB,
          name: mirror,
          unresolved: [{ mirror, from: mirror, error: { code: "TOO_MANY_DELETIONS", message } }],
        };
        continue;
      }
      for (const { repository, entries } of jobs) yield* this.#job(repository, entries);
    }
  }

  *#job(repository: OpenRepository, entries: readonly JobEntry[]): Generator<SyncJob, void, void> {
    const { source, spec, owner } = repository;
    const { claims, ledger } = this.#options;
    const shared = new Set(entries.map(({ image }) => image.to).filter((to) => claims.isShared(to, owner)));
    const notices = [...shared].map((to) => `Nothing is deleted at ${to}: another mirror writes there too`);
    const own = entries.filter(({ image }) => !shared.has(image.to));
    for (const { target } of own) ledger.tag(target, 2);
    // That what stays is there is seen before anything is deleted.
    for (const store of new Set(own.map(({ target }) => target))) ledger.tag(store, repository.tags.length);
    yield { ...NO_JOB, name: spec.from, source, entries: own, notices };
  }

  /** Digest tags that nothing which stays leads to. */
  async #orphans(
    repository: OpenRepository,
    target: OpenTarget,
    { owned, following }: { readonly owned: OwnedTags; readonly following: ReadonlySet<string> },
  ): Promise<readonly UnwantedTag[]> {
    const unknown = owned.digestTags.filter((tag) => {
      const subject = subjectOfTag(tag);
      return subject !== undefined && !following.has(tag) && !repository.subjects.has(subject);
    });
    if (unknown.length === 0 || target.content === undefined) return [];
    const going = new Set(owned.unwanted.map(({ targetTag }) => targetTag));
    const asked = new Set(unknown);
    const staying = await target.content.heldBy((tag) => !going.has(tag) && !asked.has(tag));
    this.#refuseBroken(target, target.content.brokenTags);
    return unknown
      .filter((tag) => !staying.has(subjectOfTag(tag) as Digest))
      .map((tag) => ({ targetTag: tag, tag, reason: "follows" }));
  }

  /** What the tags stand for; not looked at where they are too many. */
  async #count(
    repository: OpenRepository,
    target: OpenTarget,
    tags: readonly UnwantedTag[],
  ): Promise<readonly JobEntry[]> {
    const { prune } = target.spec;
    if (prune === undefined || tags.length === 0) return [];
    const mirror = this.#of(prune.limit, repository);
    mirror.count += tags.length;
    mirror.targets.add(target.spec.to);
    if (mirror.count > prune.limit.maxDelete) {
      mirror.jobs = [];
      return [];
    }
    const { run, call } = this.#options;
    const { mirror: name, from } = repository.spec;
    const writer = new Writer(target.store, { run, call, sourceName: from });
    const resolved = await atOnce(tags, async (tag) => {
      const listed = target.listing?.get(tag.targetTag)?.digest;
      return { ...tag, there: listed ?? (await writer.resolve(tag.targetTag, { mayBeHidden: false }))?.digest };
    });
    const missing = resolved.filter(({ there }) => there === undefined).map(({ targetTag }) => targetTag);
    const found = await this.#lookAgain(target, missing);
    return resolved.flatMap(({ tag, targetTag, reason, there = found.get(targetTag)?.descriptor.digest }) => {
      // It was deleted meanwhile.
      if (there === undefined) return [];
      const image = {
        mirror: name,
        from,
        tag,
        to: target.spec.to,
        targetTag,
        action: "delete",
        reason,
        there,
      } as const;
      return [{ image, target: target.store }];
    });
  }

  /** Tags of the target that had no manifest and have one after all. @throws {StoreError} BROKEN_TAG. */
  async #lookAgain(target: OpenTarget, tags: readonly string[]): Promise<MissingTags["found"]> {
    const { store } = target;
    if (!isReadable(store)) return new Map();
    const { broken, found } = await findMissingTags(store, tags, this.#options.call);
    this.#refuseBroken(target, broken);
    return found;
  }

  /** What a tag without a manifest needs is not known, so that nothing of its repository is deleted. */
  #refuseBroken({ spec: { to } }: OpenTarget, tags: readonly string[]): void {
    if (tags.length === 0 || this.#options.ignoreBrokenTags === true) return;
    throw brokenTagsError(`Cannot prune "${to}"`, to, tags);
  }

  #of(limit: PruneLimit, { spec }: OpenRepository): Deletions {
    const known = this.#mirrors.get(limit) ?? { mirror: spec.mirror, count: 0, targets: new Set(), jobs: [] };
    this.#mirrors.set(limit, known);
    return known;
  }
}
