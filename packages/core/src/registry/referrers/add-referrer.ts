import { pause } from "../../concurrency/pause.ts";
import type { Descriptor } from "../../content/descriptor.ts";
import type { Digest } from "../../digest/digest.ts";
import { StoreError } from "../../errors/errors.ts";
import type { CallOptions, PushOptions } from "../../store/store.ts";
import { putManifest } from "../manifests/put-manifest.ts";
import type { ReferrerUpdate } from "../profile/referrer-update.ts";
import { labelOf, type RemoteRepository } from "../remote-repository.ts";
import { openReferrersTag, referrersIndex, referrersTag } from "./referrers-tag.ts";

/** Rounds of read, merge, put before it gives up: others overwrite the tag as fast as it is written. */
const MAX_ROUNDS = 20;

/**
 * `onReferrersTag`: told of the tag, where it was put by this call and points to that afterwards.
 */
type AddReferrerOptions = CallOptions & Pick<PushOptions, "onReferrersTag">;

/**
 * Adds a manifest to the referrers tag of its subject: reads it, puts the merged index, and reads it again until it lists all that this process wants there,
 * since the protocol has no compare-and-set and another process may put its own list over ours. One update at a time for each subject; those that wait
 * are merged by the one that runs.
 * Requests: GET, PUT, GET for one alone; 1 GET where another brought it along. Spec: distribution-spec v1.1.1, "Pushing Manifests with Subject".
 * @throws {StoreError} PROTOCOL when others keep overwriting it.
 */
export async function addReferrer(
  repository: RemoteRepository,
  subject: Descriptor,
  referrer: Descriptor,
  options: AddReferrerOptions = {},
): Promise<void> {
  const { referrerUpdates, referrerLock } = repository.profile;
  const key = `${repository.name}@${subject.digest}`;
  const update = referrerUpdates.get(key) ?? { wanted: new Map<string, Descriptor>(), waiting: 0 };
  referrerUpdates.set(key, update);
  update.wanted.set(referrer.digest, referrer);
  update.waiting += 1;
  try {
    await referrerLock.run(key, () => merge(repository, subject, update, options), options.signal);
  } finally {
    update.waiting -= 1;
    if (update.waiting === 0) referrerUpdates.delete(key);
  }
}

async function merge(
  repository: RemoteRepository,
  subject: Descriptor,
  update: ReferrerUpdate,
  { onReferrersTag, ...options }: AddReferrerOptions,
): Promise<void> {
  let ours: Digest | undefined;
  for (let round = 1; round <= MAX_ROUNDS; round += 1) {
    const started = performance.now();
    const { digest, referrers: listed } = await openReferrersTag(repository, subject.digest, options);
    const present = new Set<string>(listed.map((entry) => entry.digest));
    const missing = [...update.wanted.values()].filter((entry) => !present.has(entry.digest));
    if (missing.length === 0) {
      // What another process has merged is that one's.
      if (ours !== undefined && ours === digest) onReferrersTag?.(referrersTag(subject.digest), ours);
      return;
    }
    const index = referrersIndex([...listed, ...missing]);
    await putManifest(repository, index, referrersTag(subject.digest), options);
    ours = index.descriptor.digest;
    // Another process that read before this PUT will put within about the time that ours took: look only after that.
    await pause((performance.now() - started) * (2 + 2 * Math.random()), options.signal);
  }
  throw new StoreError(
    "PROTOCOL",
    `Cannot add to the referrers of "${subject.digest}" in "${labelOf(repository)}": others overwrite tag "${referrersTag(subject.digest)}" all the time`,
  );
}
