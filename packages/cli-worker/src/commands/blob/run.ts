import process from "node:process";
import type { Digest, RegistryClient } from "@tranship/core";
import type { DeleteFlags, GetFlags, PutFlags } from "../../arguments/content-flags.ts";
import type { OneSideFlags } from "../../arguments/options.ts";
import { UsageError } from "../../errors/usage-error.ts";
import { readableFile, writableFile } from "../../files/single-file.ts";
import { formatLocation, type RegistryLocation, referenceOf } from "../../locations/location.ts";
import { readLocation } from "../../locations/open-location.ts";
import { Registries } from "../../registries/registries.ts";
import { print, printBytes, printJson } from "../../terminal/output.ts";

/** Uploads a file, or stdin, and prints digest and size. */
export async function blobPutAction(
  text: string,
  file: string | undefined,
  flags: PutFlags,
  signal: AbortSignal,
): Promise<void> {
  const place = await readPlace(text);
  if (referenceOf(place) !== undefined) {
    throw new UsageError(`blob put needs a repository alone: leave out "${referenceOf(place)}" of "${text}"`);
  }
  const path = await readableFile(file);
  const uploaded = await withClient(place, flags, (client) =>
    client.uploadBlob(place.repository, path ?? process.stdin, { signal }),
  );
  if (flags.json === true) printJson(uploaded);
  else print(`${uploaded.digest} ${uploaded.size}`);
}

/** Downloads a blob into a file or to stdout. @throws {DigestMismatchError}; {RegistryError} BLOB_UNKNOWN. */
export async function blobGetAction(text: string, flags: GetFlags, signal: AbortSignal): Promise<void> {
  const place = await readPlace(text);
  const digest = requireDigest(place, "get");
  const output = await writableFile(flags.output);
  await withClient(place, flags, async (client) => {
    if (output !== undefined) {
      await client.downloadBlobToFile(place.repository, digest, output, { signal });
      return;
    }
    for await (const piece of await client.downloadBlob(place.repository, digest, { signal })) {
      signal.throwIfAborted();
      await printBytes(piece);
    }
  });
}

/** Deletes a blob. @throws {RegistryError} BLOB_UNKNOWN; UNSUPPORTED where the registry can't. */
export async function blobDeleteAction(text: string, flags: DeleteFlags, signal: AbortSignal): Promise<void> {
  const place = await readPlace(text);
  const digest = requireDigest(place, "delete");
  await using registries = await Registries.create(flags, { hosts: [place.host] });
  const store = await registries.repository(place, flags.creds);
  await store.delete({ mediaType: "application/octet-stream", digest, size: 0 }, { signal });
  if (flags.quiet !== true) print(`Deleted ${formatLocation(place)}`);
}

async function readPlace(text: string): Promise<RegistryLocation> {
  const location = await readLocation(text);
  if (location.kind === "registry") return location;
  throw new UsageError(
    `Bad location "${text}": blob works on registries; a layout has its blobs in its folder "blobs"`,
  );
}

function requireDigest(place: RegistryLocation, command: string): Digest {
  if (place.digest !== undefined) return place.digest;
  throw new UsageError(`blob ${command} needs a digest: write "${place.host}/${place.repository}@sha256:…"`);
}

async function withClient<T>(
  { host }: RegistryLocation,
  flags: OneSideFlags,
  work: (client: RegistryClient) => Promise<T>,
): Promise<T> {
  await using registries = await Registries.create(flags, { hosts: [host] });
  return await work(await registries.client(host, flags.creds));
}
