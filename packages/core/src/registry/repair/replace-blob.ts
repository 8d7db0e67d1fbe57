import { pause } from "../../concurrency/pause.ts";
import type { Descriptor } from "../../content/descriptor.ts";
import type { Digest } from "../../digest/digest.ts";
import type { HashedContent } from "../../digest/hash-content.ts";
import { DigestMismatchError, RegistryError, StoreError } from "../../errors/errors.ts";
import type { CallOptions, Hold, PushOutcome, ReplaceOptions } from "../../store/store.ts";
import { deleteContent } from "../deletion/delete-content.ts";
import { explained } from "../explain.ts";
import { readBack } from "../manifests/read-back.ts";
import { labelOf, type RemoteRepository } from "../remote-repository.ts";
import { unlessUnknown } from "../unless-unknown.ts";
import { pushBlob } from "../upload/push-blob.ts";
import { RepairRecord } from "./repair-record.ts";

/** When a blob that was uploaded and is not found is looked for again, in ms: Amazon ECR shows one some 100 ms late. */
const LATENESS_MS: readonly number[] = [100, 300, 900];

/**
 * Puts a blob in the place of the wrong bytes that the registry has under its digest. Nothing is deleted unless the wrong
 * bytes were read right before, the replacement is held here and the repair is recorded; what is there then is
 * read back. One blob of a host at a time: where the first one shows that the registry keeps the wrong bytes
 * (distribution's DELETE only unlinks, and a new upload finds the old file: storage/blobwriter.go, `moveBlob`), that is
 * remembered and no other one is deleted there.
 * Requests: 1 GET; where that shows other bytes 1 DELETE (end-10), those of an upload without a mount, and 1 GET. 1 GET more before
 * them where `wrong` is not given.
 * @throws {StoreError} UNSUPPORTED where the registry keeps the wrong bytes; DIGEST_MISMATCH, STORAGE as `Target.replace`.
 * @throws {RegistryError} where it does not delete the blob: disabled, in use, denied.
 */
export async function replaceBlob(
  repository: RemoteRepository,
  descriptor: Descriptor,
  hold: Hold,
  options: ReplaceOptions = {},
): Promise<PushOutcome> {
  const { profile } = repository;
  await profile.ready();
  return profile.replaceLock.run("", () => replace(repository, descriptor, hold, options), options.signal);
}

async function replace(
  repository: RemoteRepository,
  descriptor: Descriptor,
  hold: Hold,
  { wrong, onDeleted, ...options }: ReplaceOptions,
): Promise<PushOutcome> {
  const { signal } = options;
  const { digest } = descriptor;
  const action = `Cannot replace blob "${digest}" in "${labelOf(repository)}"`;
  const record = await RepairRecord.of(repository, descriptor, signal);
  const read = (): Promise<HashedContent | undefined> => unlessUnknown(readBack(repository, descriptor, options));
  const seen = wrong ?? (await read())?.digest;
  if (seen === digest) {
    await record.end();
    return "existed";
  }
  if (seen !== undefined && repository.profile.get("replacesBlobs") === false) {
    // Whatever an earlier process left: the storage has the old bytes, as before it.
    await record.end();
    throw keepsWrongBytes(action);
  }
  const open = await hold(signal);
  signal?.throwIfAborted();
  await record.begin(action);
  // To hold it may take long: what is deleted is looked at right before that.
  const found = seen === undefined ? undefined : (await read())?.digest;
  if (found !== undefined && found !== seen) {
    await record.end();
    if (found === digest) return "existed";
    throw unsteady(action, descriptor, found);
  }
  if (found !== undefined && (await remove(repository, descriptor, record, options))) onDeleted?.();
  await pushBlob(repository, descriptor, open, { ...options, anew: true });
  const stored = await readStored(repository, descriptor, options);
  // Without an end: the next run looks at it again.
  if (stored === undefined) throw new StoreError("BLOB_UNKNOWN", `${action}: it was uploaded and is not found`);
  await record.end();
  if (stored.digest === digest) return "pushed";
  repository.profile.learn({ replacesBlobs: false });
  throw keepsWrongBytes(action);
}

/**
 * Deletes the wrong bytes; false where they are gone already.
 * @throws {RegistryError} where they are not deleted, and the record has ended; where that is not known, and it has not.
 */
async function remove(
  repository: RemoteRepository,
  descriptor: Descriptor,
  record: RepairRecord,
  options: CallOptions,
): Promise<boolean> {
  const action = `Cannot replace blob "${descriptor.digest}" in "${labelOf(repository)}"`;
  try {
    await deleteContent(repository, descriptor, options);
    return true;
  } catch (error) {
    options.signal?.throwIfAborted();
    if (error instanceof RegistryError && error.code === "BLOB_UNKNOWN" && error.status === 404) return false;
    if (await isStillThere(repository, descriptor, error, options)) {
      await record.end();
      throw explained(error, `${action}: the registry does not let the wrong bytes be deleted`);
    }
    // The response was lost, and the deletion done.
    return true;
  }
}

/** Whether a deletion that failed was not done. @throws the failure where that cannot be found out. */
async function isStillThere(
  repository: RemoteRepository,
  descriptor: Descriptor,
  failure: unknown,
  options: CallOptions,
): Promise<boolean> {
  const { code, status } = failure instanceof RegistryError ? failure : {};
  if (code === "UNSUPPORTED" || (status !== undefined && status < 500)) return true;
  try {
    return (await unlessUnknown(readBack(repository, descriptor, options))) !== undefined;
  } catch {
    options.signal?.throwIfAborted();
    throw failure;
  }
}

/** What is there after the upload; undefined where it does not appear. */
async function readStored(
  repository: RemoteRepository,
  descriptor: Descriptor,
  options: CallOptions,
): Promise<HashedContent | undefined> {
  for (const ms of [...LATENESS_MS, undefined]) {
    const stored = await unlessUnknown(readBack(repository, descriptor, options));
    if (stored !== undefined || ms === undefined) return stored;
    await pause(ms, options.signal);
  }
  return undefined;
}

function keepsWrongBytes(action: string): StoreError {
  const why =
    "the registry keeps the wrong bytes after a deletion and a new upload, and no further blob is deleted there";
  const how = "mend its storage by hand: remove the blob's file there, restart the registry, and repair again";
  return new StoreError("UNSUPPORTED", `${action}: ${why}; ${how}`);
}

/** Bytes that change from read to read tell nothing of what is stored. */
function unsteady(action: string, { digest }: Descriptor, actual: Digest): DigestMismatchError {
  const detail = `the registry gives other wrong bytes each time, so nothing is deleted; now they hash to ${actual}`;
  return new DigestMismatchError(`${action}: ${detail}`, { expected: digest, actual });
}
