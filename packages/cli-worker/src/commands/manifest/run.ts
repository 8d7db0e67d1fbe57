import { nameOf } from "@tranship/copy";
import { describeManifest, isDigest, MAX_MANIFEST_BYTES } from "@tranship/core";
import type { DeleteFlags, GetFlags, PutFlags } from "../../arguments/content-flags.ts";
import { readingInput, UsageError } from "../../errors/usage-error.ts";
import { readLimited } from "../../files/read-limited.ts";
import { readableFile, writableFile } from "../../files/single-file.ts";
import { writeWhole } from "../../files/write-whole.ts";
import { formatLocation, referenceOf } from "../../locations/location.ts";
import { hostsOf, openDestination, openSource, openStore, readLocation } from "../../locations/open-location.ts";
import { Registries } from "../../registries/registries.ts";
import { print, printBytes, printJson } from "../../terminal/output.ts";

export interface ManifestPutFlags extends PutFlags {
  readonly mediaType?: string | undefined;
}

/**
 * Puts a manifest as it is, and prints its digest.
 * @throws {UsageError} for what is no manifest, or not that of the digest. @throws {RegistryError} MANIFEST_BLOB_UNKNOWN where something that it needs is missing.
 */
export async function manifestPutAction(
  text: string,
  file: string | undefined,
  flags: ManifestPutFlags,
  signal: AbortSignal,
): Promise<void> {
  const location = await readLocation(text);
  const path = await readableFile(file);
  await using registries = await Registries.create(flags, { hosts: hostsOf([location]) });
  const bytes = await readingInput(() => readLimited(path, { limit: MAX_MANIFEST_BYTES, signal }));
  const named = referenceOf(location);
  const digest = named !== undefined && isDigest(named) ? named : undefined;
  const action = `put a manifest as "${formatLocation(location)}"`;
  const descriptor = await readingInput(() => describeManifest(bytes, action, { digest, mediaType: flags.mediaType }));
  const { store } = await openDestination(location, registries, flags.creds);
  const tag = location.kind === "registry" ? location.tag : location.reference;
  const reference = tag === undefined || isDigest(tag) ? undefined : tag;
  await store.push(descriptor, async (offset) => once(bytes.subarray(offset)), { reference, signal });
  if (flags.json === true) printJson(descriptor);
  else print(descriptor.digest);
}

/** Prints a manifest, its exact bytes, or writes them to a file. @throws {StoreError} MANIFEST_UNKNOWN. */
export async function manifestGetAction(text: string, flags: GetFlags, signal: AbortSignal): Promise<void> {
  const location = await readLocation(text);
  const output = await writableFile(flags.output);
  await using registries = await Registries.create(flags, { hosts: hostsOf([location]) });
  const { store, reference } = await openSource(location, registries, flags.creds);
  const { bytes } = await store.open(reference, { signal });
  if (output === undefined) await printBytes(bytes);
  else await writeWhole(output, bytes);
}

/** Deletes a manifest with every tag that it has. @throws {StoreError} MANIFEST_UNKNOWN. */
export async function manifestDeleteAction(text: string, flags: DeleteFlags, signal: AbortSignal): Promise<void> {
  const location = await readLocation(text);
  const reference = referenceOf(location);
  if (reference === undefined) {
    throw new UsageError(`manifest delete needs a tag or a digest: write "${text}:TAG" or "${text}@sha256:…"`);
  }
  await using registries = await Registries.create(flags, { hosts: hostsOf([location]) });
  const store = await openStore(location, registries, flags.creds);
  const descriptor = await store.resolve(reference, { signal });
  await store.delete(descriptor, { signal });
  if (flags.quiet === true) return;
  print(`Deleted ${nameOf({ store, reference: descriptor.digest })}, with every tag that it had`);
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array, void, void> {
  yield bytes;
}
