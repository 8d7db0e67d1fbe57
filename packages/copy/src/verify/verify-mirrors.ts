import type { CallOptions, RequestRecord, Source, Store } from "@tranship/core";
import { forEachInFlight, inFlight } from "../concurrency/in-flight.ts";
import { forEachLane, lanesOf } from "../concurrency/lanes.ts";
import { cosignTags, followsOneOf, isDigestTag } from "../copy/digest-tags.ts";
import type { OnEvent } from "../events/events.ts";
import { failureRecord } from "../events/failure-record.ts";
import { RequestCounter } from "../events/request-count.ts";
import { finishedNotice, finishRepairs } from "../repair/finish-repairs.ts";
import { CopyRun } from "../run/run.ts";
import type { Unresolved } from "../sync/file/sync-plan.ts";
import { type OpenRepository, type OpenTarget, openRepository, sourceTags } from "../sync/open-repository.ts";
import { forDigestTags, targetForDigestTags, thatExist } from "../sync/plan/plan-digest-tags.ts";
import { Routes } from "../sync/route.ts";
import type { SyncRepository } from "../sync/sync-repository.ts";
import { ContentCheck } from "./content-check.ts";
import { Repairs } from "./repair.ts";
import { type VerifiedTag, type VerifyResult, VerifyTally } from "./verify-result.ts";
import { type VerifyTarget, verifyTag } from "./verify-tag.ts";

/** Repositories that are opened and listed ahead. Memory: their lists, and what is known of their content. */
const REPOSITORIES_AHEAD = 2;
/** Tags in comparison: enough to keep the run's request slots busy. */
const TAGS_IN_FLIGHT = 32;
/** Tags that a notice names. */
const SHOWN = 10;

/** Opens the repositories that are compared. The same name gives the same store. No request. */
export interface VerifyStores {
  /** The repository of that name at the source. */
  source(name: string): Promise<Source>;
  /** The repository of that name at the target. */
  target(name: string): Promise<Store>;
}

/** How mirrors are compared. */
export interface VerifyOptions {
  /** Whether blobs are read and hashed. Default: they are asked for. */
  readonly deep?: boolean | undefined;
  /** Whether what differs is sent, and looked at again. Default: no. */
  readonly repair?: boolean | undefined;
  /** Whether tags that a target has and its source has not are worth a notice. Default: no, for several sources may share a target. */
  readonly extraTags?: boolean | undefined;
  /** Shares work and limits with copies. Default: a run of its own. */
  readonly run?: CopyRun | undefined;
  /** What could not even be named, such as the repositories of a catalogue: it fails with the rest. */
  readonly unresolved?: readonly Unresolved[] | undefined;
  /** Requests that it took to find what is handed in, such as those for a catalogue: they are counted with the rest. */
  readonly asked?: readonly RequestRecord[] | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Told of what a repair sends. */
  readonly onEvent?: OnEvent | undefined;
  /** Told of each request, as it was answered. */
  readonly onExchange?: CallOptions["onExchange"];
  /** Told of each tag that was compared. */
  readonly onImage?: ((image: VerifiedTag) => void) | undefined;
}

/**
 * Compares targets with their sources: tags, manifests, blobs, and where the mirror takes them referrers. Where platforms are chosen, with what is made of them.
 * What can't be found out is in the result; the rest goes on.
 * Requests: those of `openRepository`; to a source 1 HEAD a tag (with platforms 1 GET), none where its list has digests; to a target 1 HEAD a tag, 1 GET for each manifest, and 1 HEAD,
 * `deep` 1 GET, for each blob: each digest once for each pair of repositories. Memory: about 0.4 kB a tag, and 250 bytes a digest of the repositories at hand.
 * @throws an abort rejects with `signal.reason` after everything has ended.
 */
export async function verifyMirrors(
  repositories: AsyncIterable<SyncRepository> | Iterable<SyncRepository>,
  stores: VerifyStores,
  options: VerifyOptions = {},
): Promise<VerifyResult> {
  const { deep = false, signal = new AbortController().signal } = options;
  const tally = new VerifyTally(options.onImage);
  const counter = new RequestCounter(options.onExchange, options.asked);
  const verification = new Verification(stores, tally, {
    ...options,
    deep,
    run: options.run ?? new CopyRun(),
    call: { signal, onExchange: counter.count },
  });
  for (const unresolved of options.unresolved ?? []) tally.add(failed(unresolved));
  const routes = new Routes();
  await forEachLane(
    lanesOf(repositories, (spec) => routes.of(spec), signal),
    (lane) => forEachInFlight(verification.comparisons(lane), TAGS_IN_FLIGHT, (compare) => compare()),
  );
  signal.throwIfAborted();
  return tally.result({ deep, requests: counter.result() });
}

type Settings = VerifyOptions & {
  readonly deep: boolean;
  readonly run: CopyRun;
  readonly call: CallOptions & { readonly signal: AbortSignal };
};

class Verification {
  readonly #stores: VerifyStores;
  readonly #tally: VerifyTally;
  readonly #settings: Settings;

  constructor(stores: VerifyStores, tally: VerifyTally, settings: Settings) {
    this.#stores = stores;
    this.#tally = tally;
    this.#settings = settings;
  }

  /** Each tag of each repository as a task; a repository's digest tags after its other ones. */
  async *comparisons(
    repositories: AsyncIterable<SyncRepository> | Iterable<SyncRepository>,
  ): AsyncGenerator<() => Promise<void>, void, void> {
    for await (const opened of inFlight(repositories, REPOSITORIES_AHEAD, (spec) => this.#open(spec))) {
      if (opened === undefined) continue;
      const { repository, targets } = opened;
      const running = new Set<Promise<void>>();
      for (const tag of repository.tags) {
        for (const target of targets) {
          yield () => {
            const comparing = this.#compare(repository, target, tag);
            running.add(comparing);
            return comparing;
          };
        }
      }
      yield async () => {
        await Promise.allSettled(running);
        await this.#digestTags(repository, targets);
        for (const { check } of targets) this.#tally.checked(check.checked);
      };
    }
  }

  async #open(
    spec: SyncRepository,
  ): Promise<{ readonly repository: OpenRepository; readonly targets: readonly VerifyTarget[] } | undefined> {
    const { run, call } = this.#settings;
    try {
      const repository = await openRepository(spec, this.#stores, { run, call });
      for (const notice of repository.notices) this.#tally.notice(notice);
      for (const unresolved of repository.unresolved) this.#tally.add(failed(unresolved));
      if (this.#settings.extraTags === true) {
        for (const notice of extraTags(repository)) this.#tally.notice(notice);
        for (const unknown of unknownExtraTags(repository)) this.#tally.add(failed(unknown));
      }
      return {
        repository,
        targets: await Promise.all(repository.targets.map((target) => this.#target(repository, target))),
      };
    } catch (error) {
      call.signal.throwIfAborted();
      this.#tally.add(failed({ mirror: spec.mirror, from: spec.from, error: failureRecord(error) }));
      return undefined;
    }
  }

  async #target(repository: OpenRepository, target: OpenTarget): Promise<VerifyTarget> {
    const { run, call, deep, repair, onEvent } = this.#settings;
    const store = await this.#stores.target(target.spec.to);
    const referrers = repository.spec.referrers === true;
    const options = { run, call, deep, referrers, sourceTags: sourceTags(repository) };
    const check = new ContentCheck(repository.source, store, options);
    const repairs = repair === true ? new Repairs(repository.source, store, { run, call, onEvent }) : undefined;
    await this.#unfinished(repository, target, store);
    return { target, store, check, repairs };
  }

  /** Finishes the repairs that an earlier run left, or says that there are some. */
  async #unfinished(repository: OpenRepository, target: OpenTarget, store: Store): Promise<void> {
    const { run, call, repair, onEvent } = this.#settings;
    if (repair !== true) {
      for (const { digest } of (await store.pendingReplacements?.(call)) ?? []) {
        const what = `The repair of blob "${digest}" in "${store.name}" was begun and not finished`;
        this.#tally.notice(`${what}: --repair finishes it`);
      }
      return;
    }
    const options = { run, call, onEvent, deletes: true };
    for (const finished of await finishRepairs(repository.source, store, options)) {
      const { mirror, from } = repository.spec;
      const error = finished.error === undefined ? undefined : failureRecord(finished.error);
      if (error === undefined) this.#tally.notice(finishedNotice(finished, store));
      else this.#tally.add(failed({ mirror, from, to: target.spec.to, error }));
    }
  }

  async #compare(repository: OpenRepository, target: VerifyTarget, tag: string): Promise<void> {
    const { run, call, deep } = this.#settings;
    const referrers = repository.spec.referrers === true;
    const image = await verifyTag(repository, target, tag, { run, call, deep, referrers });
    this.#tally.add(image);
  }

  /** Cosign's tags of what was compared, under their own names. */
  async #digestTags(repository: OpenRepository, targets: readonly VerifyTarget[]): Promise<void> {
    if (repository.spec.cosignTags !== true) return;
    const { run, call } = this.#settings;
    for (const { check } of targets) for (const digest of check.manifests) repository.subjects.add(digest);
    const following =
      repository.listing === undefined
        ? await thatExist(repository, [...repository.subjects].flatMap(cosignTags), { run, call })
        : repository.digestTags.filter((tag) => followsOneOf(tag, repository.subjects));
    const plain = forDigestTags(repository);
    const places = targets.map((place) => ({ ...place, target: targetForDigestTags(place.target) }));
    await Promise.all(following.flatMap((tag) => places.map((place) => this.#compare(plain, place, tag))));
  }
}

function extraTags({ spec, listing, targets }: OpenRepository): readonly string[] {
  if (listing === undefined) return [];
  return targets.flatMap(({ spec: { to }, listing: there }) => {
    const names = (there?.tags ?? []).map(({ name }) => name);
    const extra = names.filter((tag) => listing.lacks(tag) && !isDigestTag(tag));
    if (extra.length === 0) return [];
    const shown = `${extra.slice(0, SHOWN).join(", ")}${extra.length > SHOWN ? ", …" : ""}`;
    return [`${to} has tags that ${spec.from} does not have: ${shown} (${extra.length})`];
  });
}

/** Targets whose list may lack tags, so that it is not known which of them are extra. */
function unknownExtraTags({ spec, targets }: OpenRepository): readonly Unresolved[] {
  const { mirror, from } = spec;
  return targets.flatMap(({ spec: { to }, listing }) =>
    listing?.doubt === undefined ? [] : [{ mirror, from, to, error: failureRecord(listing.doubt) }],
  );
}

function failed({ mirror, from, tag, to, error }: Unresolved): VerifiedTag {
  return { mirror, from, tag, to, outcome: "failed", differences: [], tookMs: 0, error };
}
