import { describeManifest } from "../content/describe-manifest.ts";
import type { Manifest } from "../content/manifest.ts";
import { parseTag } from "../content/tag.ts";
import { type Digest, parseDigest } from "../digest/digest.ts";
import { pushManifest } from "../registry/referrers/push-manifest.ts";
import { labelOf, type RemoteRepository } from "../registry/remote-repository.ts";
import type { CallOptions } from "../store/store.ts";

/**
 * A manifest to put: its exact bytes; a document (`{ schemaVersion: 2, config, layers }`); or what `getManifest` made of one, perhaps changed.
 * What is no bytes is written as JSON without spaces, so its digest is one that nobody else has computed.
 */
export type ManifestContent = Uint8Array | Manifest | Readonly<Record<string, unknown>>;

export interface SetManifestOptions extends CallOptions {
  /** The tag to put it under. Default: none, it has its digest alone. */
  readonly tag?: string | undefined;
  /** The digest that it must have, sha256 or sha512. Default: whatever sha256 it has. */
  readonly digest?: string | undefined;
  /** What it is: needed where the document has no `mediaType` of its own, else the same. Default: OCI image or index, as its fields say. */
  readonly mediaType?: string | undefined;
}

/** A manifest that is in the repository now. */
export interface StoredManifest {
  readonly digest: Digest;
  readonly mediaType: string;
  /** Bytes. */
  readonly size: number;
}

/**
 * Puts a manifest. Whether its children are there is the registry's to say. One with a `subject` is added to the subject's referrers.
 * Requests: 1 PUT (end-7); those of `pushManifest` with a subject.
 * @throws {StoreError} MANIFEST_INVALID, MANIFEST_UNSUPPORTED, MANIFEST_TOO_LARGE before anything is sent.
 * @throws {DigestMismatchError} where its digest is another one than `digest`. {SyntaxError} for a bad tag or digest; {TypeError} for what is no document.
 * @throws {RegistryError} MANIFEST_BLOB_UNKNOWN, …
 */
export async function setManifest(
  repository: RemoteRepository,
  content: ManifestContent,
  { tag, digest: saidDigest, mediaType, ...options }: SetManifestOptions = {},
): Promise<StoredManifest> {
  const action = `push a manifest to "${labelOf(repository)}"`;
  const bytes = content instanceof Uint8Array ? content : written(content, action);
  const digest = saidDigest === undefined ? undefined : parseDigest(saidDigest);
  const descriptor = describeManifest(bytes, action, { digest, mediaType });
  const reference = tag === undefined ? descriptor.digest : parseTag(tag);
  await pushManifest(repository, descriptor, async () => once(bytes), { ...options, reference });
  return descriptor;
}

/** @throws {TypeError} for what has no JSON, and for text and streams, which are not asked for what they hold. */
function written(content: Exclude<ManifestContent, Uint8Array>, action: string): Uint8Array {
  const value: unknown = content;
  if (typeof value !== "object" || value === null || Array.isArray(value) || Symbol.asyncIterator in value) {
    throw new TypeError(
      `Cannot ${action}: expected its bytes (text as \`Buffer.from(text)\`) or the document as an object`,
    );
  }
  try {
    return Buffer.from(JSON.stringify(documentOf(content)));
  } catch (error) {
    throw new TypeError(`Cannot ${action}: the document can't be written as JSON`, { cause: error });
  }
}

/** A parsed manifest has a `kind`, which is ours, in place of the `schemaVersion`. */
function documentOf(manifest: Manifest | Readonly<Record<string, unknown>>): object {
  if (!("kind" in manifest) || "schemaVersion" in manifest) return manifest;
  const { kind: _, ...document } = manifest;
  return { schemaVersion: 2, ...document };
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array, void, void> {
  yield bytes;
}
