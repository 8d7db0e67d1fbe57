import { type Digest, digestOf } from "../../../digest/digest.ts";
import type { CallOptions } from "../../../store/store.ts";
import type { RemoteRepository } from "../../remote-repository.ts";
import { cancelRecorded } from "../recovery/cancel-recorded.ts";
import { UploadRecord } from "../recovery/upload-record.ts";
import { postMount } from "../steps/mount-blob.ts";
import { sessionOf } from "../steps/start-upload.ts";

/** How long a small blob that is being sent is waited for, in ms: most often the config of the same image, which begins with its layers. */
const COMING_MS = 5_000;
/** What the session of the question is recorded under: it is for no blob. */
const EXISTENCE_DIGEST = digestOf(Buffer.from("tranship asks whether a 202 to a mount means absent"));

/**
 * Whether a 202 to a self-mount means that the blob is absent. Where that isn't known, the self-mount of a blob that was sent before tells it, if there is one or is soon.
 * Requests: 1, once in a process; 1 more to cancel what a 202 has opened.
 */
export async function provesAbsence(repository: RemoteRepository, options: CallOptions): Promise<boolean> {
  const { profile } = repository;
  const isUnknown = (): boolean => profile.get("existence") === undefined;
  if (isUnknown() && profile.witness === undefined && profile.coming.first !== undefined)
    await settledSoon(profile.coming.first, options.signal);
  const { witness } = profile;
  if (isUnknown() && witness !== undefined) {
    await profile.once("existence", options.signal, async (signal) => {
      const held = { ...repository, name: witness.repository };
      // Who waits for its copy loses nothing by not knowing.
      await askForWitness(held, witness.digest, { ...options, signal }).catch(() => {});
      signal.throwIfAborted();
    });
  }
  return profile.get("existence") === "proven";
}

async function settledSoon(coming: Promise<unknown>, signal: AbortSignal | undefined): Promise<void> {
  const { promise: enough, resolve } = Promise.withResolvers<void>();
  const onAbort = (): void => resolve();
  const timer = setTimeout(resolve, COMING_MS);
  signal?.addEventListener("abort", onAbort, { once: true });
  await Promise.race([coming, enough]);
  clearTimeout(timer);
  signal?.removeEventListener("abort", onAbort);
  signal?.throwIfAborted();
}

async function askForWitness(repository: RemoteRepository, digest: Digest, call: CallOptions): Promise<void> {
  const { profile, name } = repository;
  const response = await postMount(repository, digest, name, call);
  profile.learn({ existence: response.status === 201 ? "proven" : "head-first" });
  if (response.status !== 202) return;
  const session = sessionOf(repository, response);
  const record = await UploadRecord.of(repository, { digest: EXISTENCE_DIGEST, size: 0 }, call.signal);
  await record?.save(session, 0);
  await cancelRecorded(repository, session, record, call);
}
