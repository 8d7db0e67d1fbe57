import type { Descriptor } from "../../content/descriptor.ts";
import type { BlobLease, LeaseOptions } from "../../store/store.ts";
import type { RemoteRepository } from "../remote-repository.ts";
import { NO_LEASE } from "./renewed-lease.ts";

/**
 * Up to so many bytes a blob has no lease, by measurement: a lease takes 10 to 50 µs of a
 * processor, some 2 % of what a small blob takes, and saves one request with little more than its
 * head.
 */
const UNLEASED_BYTES = 4096;

/** Acquires the lease of a blob; "held" where another process sends it. Requests: none. */
export async function acquireBlobLease(
  repository: RemoteRepository,
  blob: Descriptor,
  options: LeaseOptions,
): Promise<BlobLease | "held"> {
  if (blob.size <= UNLEASED_BYTES || !repository.leases.isShared) return NO_LEASE;
  return repository.leases.acquire(await nameOf(repository, blob, options));
}

/** Resolves when the lease of a blob may be free. Requests: none. @throws the signal's reason. */
export async function blobLeaseFreed(
  repository: RemoteRepository,
  blob: Descriptor,
  options: LeaseOptions,
): Promise<void> {
  await repository.leases.freed(await nameOf(repository, blob, options), options);
}

/**
 * A blob that is nowhere at the registry is sent to one repository and mounted into the others by
 * whoever waits for it.
 * One that is known elsewhere is mounted into many repositories at once; where that fails, it is
 * sent to each of them.
 */
async function nameOf(
  { client, name, access, blobs }: RemoteRepository,
  { digest }: Descriptor,
  { signal, mountFrom = [] }: LeaseOptions,
): Promise<string> {
  const place = { repository: name, access: await access(signal) };
  const isElsewhere = mountFrom.length > 0 || (await blobs.isKnownElsewhere(place, digest));
  return ["blob", client.host, place.access, ...(isElsewhere ? [name] : []), digest].join(" ");
}
