import type { OneSideFlags } from "../../arguments/options.ts";
import { hostsOf, openSource, readLocation } from "../../locations/open-location.ts";
import { readPlatform, selectImage } from "../../locations/select-image.ts";
import { Registries } from "../../registries/registries.ts";
import { print, printJson } from "../../terminal/output.ts";

export interface DigestFlags extends OneSideFlags {
  readonly platform?: string | undefined;
  readonly json?: boolean | undefined;
}

/** Prints the digest that a reference stands for. @throws {StoreError} MANIFEST_UNKNOWN, PLATFORM_UNKNOWN. */
export async function digestAction(text: string, flags: DigestFlags, signal: AbortSignal): Promise<void> {
  const location = await readLocation(text);
  const platform = await readPlatform(flags.platform);
  await using registries = await Registries.create(flags, { hosts: hostsOf([location]) });
  const image = await openSource(location, registries, flags.creds);
  const { mediaType, digest, size } = await selectImage(image, platform, signal);
  if (flags.json === true) printJson({ mediaType, digest, size });
  else print(digest);
}
