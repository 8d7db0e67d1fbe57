import {
  type CallOptions,
  checkContent,
  childrenOf,
  contentKey,
  type Descriptor,
  isForeign,
  isManifestMediaType,
  type Located,
  type Source,
} from "@tranship/core";
import { Scope } from "../concurrency/scope.ts";
import { asCopyError } from "../events/errors.ts";
import { Reader } from "../run/reader.ts";
import { CopyRun } from "../run/run.ts";
import { type Amount, Tally } from "./result.ts";
import { WalkLimits } from "./walk-limits.ts";

/** What was read and had the digest and the size that its parent promised. */
export interface Verified {
  readonly root: Descriptor;
  readonly manifests: Amount;
  readonly blobs: Amount;
}

/**
 * Reads an image whole and checks every size and digest, from the reference down.
 * Requests: 1 GET for each manifest and blob. Memory: the slabs of the blobs in flight.
 * @throws {CopyError} DIGEST_MISMATCH, SIZE_MISMATCH, BLOB_UNKNOWN, MANIFEST_UNKNOWN, or what the store could not do.
 */
export async function verifyImage(
  image: Located<Source>,
  options: CallOptions & { readonly run?: CopyRun | undefined } = {},
): Promise<Verified> {
  const { run = new CopyRun() } = options;
  const scope = new Scope(options.signal);
  const reader = new Reader(image.store, run, { ...options, signal: scope.signal });
  const seen = new Set<string>();
  const [manifests, blobs] = [new Tally(), new Tally()];

  async function visit(descriptor: Descriptor, depth: number, limits: WalkLimits): Promise<void> {
    const key = contentKey(descriptor);
    if (seen.has(key) || isForeign(descriptor)) return;
    seen.add(key);
    if (isManifestMediaType(descriptor.mediaType)) await visitManifest(descriptor, depth, limits);
    else await run.blobSlots(image.store)(() => readBlob(descriptor));
  }
  async function visitManifest(descriptor: Descriptor, depth: number, limits: WalkLimits): Promise<void> {
    const opened = await reader.openManifest(descriptor);
    manifests.add(descriptor);
    const children = childrenOf(opened.manifest);
    limits.enter(descriptor, depth, children.length);
    await Promise.all(children.map((child) => scope.start(() => visit(child, depth + 1, limits))));
  }
  async function readBlob(descriptor: Descriptor): Promise<void> {
    scope.signal.throwIfAborted();
    try {
      await checkContent(await reader.opener(descriptor, run.blobSlots(image.store))(0, scope.signal), descriptor);
    } catch (cause) {
      throw asCopyError(
        { side: "source", operation: "fetch", store: image.store.name, descriptor, cause },
        scope.signal,
      );
    }
    blobs.add(descriptor);
  }

  const opening = scope.start(() => reader.openReference(image.reference));
  const visiting = scope.start(async () => {
    const { descriptor } = await opening;
    await visit(descriptor, 0, new WalkLimits(descriptor.digest));
  });
  await visiting.catch(() => {});
  await scope.settled();
  return { root: (await opening).descriptor, manifests: manifests.amount, blobs: blobs.amount };
}
