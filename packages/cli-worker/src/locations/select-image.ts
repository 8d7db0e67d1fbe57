import { CopyRun, planCopy } from "@tranship/copy";
import { type Descriptor, type Located, type Platform, parsePlatform, type Store } from "@tranship/core";
import { readingInput } from "../errors/usage-error.ts";

/**
 * The descriptor that a reference stands for; with a platform that of its manifest. It is found as `copy --platform` finds it, so that both mean the same.
 * Requests: 1 HEAD; with a platform 1 GET for the manifest, one for each nested index, and the config of a single image.
 * @throws {StoreError} MANIFEST_UNKNOWN, PLATFORM_UNKNOWN.
 */
export async function selectImage(
  image: Located<Store>,
  platform: Platform | undefined,
  signal: AbortSignal,
): Promise<Descriptor> {
  if (platform === undefined) return image.store.resolve(image.reference, { signal });
  const nowhere = { store: image.store };
  const { head } = await planCopy(image, nowhere, { platforms: [platform], run: new CopyRun(), signal });
  return head.root;
}

/** Reads `--platform` of a command that takes one. @throws {UsageError} for a malformed one. */
export async function readPlatform(text: string | undefined): Promise<Platform | undefined> {
  return text === undefined ? undefined : readingInput(() => parsePlatform(text));
}
