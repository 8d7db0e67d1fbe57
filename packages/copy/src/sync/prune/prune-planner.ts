import { brokenTagsError, findMissingTags, StoreError, subjectOfTag } from "@tranship/core";
import { atOnce } from "../../concurrency/at-once.ts";
import { failureRecord } from "../../events/failure-record.ts";
import type { Unresolved } from "../file/sync-plan.ts";
import type { OpenRepository, OpenTarget } from "../open-repository.ts";
import type { PlanTagOptions } from "../plan-tag-options.ts";
import { isReadable, type JobEntry, NO_JOB, type SyncJob } from "../sync-job.ts";
import type { PruneLimit, PruneOwned } from "../sync-repository.ts";
import { chooseOwn, type OwnTag } from "./choose-own.ts";
import { type PruneCandidates, pruneCandidates, type UnwantedTag } from "./prune-candidates.ts";
import { readTagged, type TaggedManifest, taggedIn } from "./read-tagged.ts";
import { notOwnNotice, TargetOwnership } from "./target-ownership.ts";

/** What a mirror would delete. */
interface Deletions {
  readonly mirror: string;
  count: number;
  readonly targets: Set<string>;
  /** Empty as soon as there are too many. */
  jobs: { readonly repository: OpenRepository; readonly entries: readonly JobEntry[] }[];
}

/** What is chosen from at one target. */
interface Choice {
  readonly repository: OpenRepository;
  readonly target: OpenTarget;
  readonly prune: PruneOwned;
  readonly candidates: PruneCandidates;
  /** Digest tags about something that is not known to stay. */
  readonly digestTags: readonly string[];
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
   * Requests: 1 GET for each tag that is the mirror's own and is to go. Where a target has digest
   * tags about something that is not known to stay, or such a tag has a subject, what
   * `readInventory` takes of the target without referrers.
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
    const candidates = pruneCandidates(repository, target, prune);
    if (candidates === undefined) return [];
    const { forbidden, locked } = candidates;
    if (forbidden !== undefined) {
      return candidates.unwanted.length === 0 ? [] : [`Nothing is deleted at ${to}: ${forbidden}`];
    }
    const digestTags = candidates.digestTags.filter((tag) => {
      const subject = subjectOfTag(tag);
      return subject !== undefined && !following.has(tag) && !repository.subjects.has(subject);
    });
    const notices = await this.#choose({ repository, target, prune, candidates, digestTags });
    return locked.length === 0 ? notices : [`${to}: what is locked stays: ${locked.join(", ")}`, ...notices];
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
    // More may have been found since that write there, or may.
    const forbidden = new Map(repository.targets.map((target) => [target.spec.to, target.spec.prune?.forbidden]));
    for (const to of new Set(entries.map(({ image }) => image.to))) {
      const reason = forbidden.get(to);
      if (reason !== undefined && !shared.has(to)) notices.push(`Nothing is deleted at ${to}: ${reason}`);
    }
    const own = entries.filter(({ image }) => !shared.has(image.to) && forbidden.get(image.to) === undefined);
    // GET, HEAD and DELETE.
    for (const { target } of own) ledger.tag(target, 3);
    // What the source is said to lack is looked for there once more.
    ledger.tag(source, own.filter(({ image }) => image.reason === "gone").length);
    // The list again; and that what stays is there is seen before anything is deleted.
    for (const store of new Set(own.map(({ target }) => target))) ledger.tag(store, repository.tags.length + 1);
    yield { ...NO_JOB, name: spec.from, source, entries: own, notices };
  }

  /**
   * Chooses what goes, and gives notices of what stays. Nothing is looked at where it would be too
   * much.
   */
  async #choose({ repository, target, prune, candidates, digestTags }: Choice): Promise<readonly string[]> {
    const { to } = target.spec;
    const { unwanted } = candidates;
    const ownership = await TargetOwnership.of(target, prune);
    const recorded = unwanted.filter(({ targetTag }) => ownership.mayOwn(targetTag));
    const mirror = this.#of(prune.limit, repository);
    if (this.#isTooMuch(mirror, prune, { to, count: recorded.length })) return [];
    const own = await this.#ownOf(target, recorded, ownership);
    const { tags, notOwn, needed } = await chooseOwn(target, { unwanted, own, digestTags, ownership });
    this.#refuseBroken(to, target.content?.brokenTags ?? []);
    if (!this.#isTooMuch(mirror, prune, { to, count: tags.length }) && tags.length > 0) {
      mirror.count += tags.length;
      mirror.targets.add(to);
      mirror.jobs.push({ repository, entries: tags.map((tag) => entryOf(repository, target, tag)) });
    }
    return [
      ...notOwnNotice(to, notOwn),
      ...needed.map((tag) => `${to}: ${tag} stays: it is about something that stays`),
    ];
  }

  #isTooMuch(
    mirror: Deletions,
    { limit }: PruneOwned,
    { to, count }: { readonly to: string; readonly count: number },
  ): boolean {
    if (mirror.count + count <= limit.maxDelete) return false;
    mirror.count += count;
    mirror.targets.add(to);
    mirror.jobs = [];
    return true;
  }

  /**
   * Reads what the tags point to. Those that are gone, or that somebody else has moved, are left
   * out.
   * @throws {StoreError} BROKEN_TAG.
   */
  async #ownOf(
    { store, spec: { to } }: OpenTarget,
    tags: readonly UnwantedTag[],
    ownership: TargetOwnership,
  ): Promise<readonly (OwnTag & Pick<TaggedManifest, "subject">)[]> {
    if (tags.length === 0) return [];
    if (!isReadable(store)) {
      throw new StoreError("UNSUPPORTED", `Cannot prune "${store.name}": its manifests cannot be read`);
    }
    const read = await atOnce(tags, async (tag) => ({
      tag,
      manifest: await readTagged(store, tag.targetTag, this.#options),
    }));
    const missing = read.filter(({ manifest }) => manifest === undefined).map(({ tag }) => tag.targetTag);
    const { broken, found } = await findMissingTags(store, missing, this.#options.call);
    this.#refuseBroken(to, broken);
    return read.flatMap(({ tag, manifest = taggedIn(found.get(tag.targetTag)) }) => {
      const own = manifest && ownership.reason(tag.targetTag, manifest.digest);
      if (manifest === undefined || own === undefined) return [];
      return [{ ...tag, there: manifest.digest, subject: manifest.subject, own }];
    });
  }

  /** What a tag without a manifest needs is not known, so that nothing of its repository is deleted. */
  #refuseBroken(to: string, tags: readonly string[]): void {
    if (tags.length === 0 || this.#options.ignoreBrokenTags === true) return;
    throw brokenTagsError(`Cannot prune "${to}"`, to, tags);
  }

  #of(limit: PruneLimit, { spec }: OpenRepository): Deletions {
    const known = this.#mirrors.get(limit) ?? { mirror: spec.mirror, count: 0, targets: new Set(), jobs: [] };
    this.#mirrors.set(limit, known);
    return known;
  }
}

function entryOf(
  { spec: { mirror, from } }: OpenRepository,
  { spec: { to }, store, content }: OpenTarget,
  { tag, targetTag, reason, there, own }: OwnTag,
): JobEntry {
  return { image: { mirror, from, tag, to, targetTag, action: "delete", reason, there, own }, target: store, content };
}
