import { nameOf } from "@tranship/copy";
import type { OneSideFlags } from "../../arguments/options.ts";
import { UsageError } from "../../errors/usage-error.ts";
import { hostsOf, openSource, readLocation } from "../../locations/open-location.ts";
import { readPlatform, selectImage } from "../../locations/select-image.ts";
import { Registries } from "../../registries/registries.ts";
import { print, printBytes, printJson } from "../../terminal/output.ts";
import { describe } from "./describe.ts";
import { renderDescription } from "./render.ts";

export interface InspectFlags extends OneSideFlags {
  readonly platform?: string | undefined;
  readonly raw?: boolean | undefined;
  readonly json?: boolean | undefined;
}

/** Shows what a reference stands for, or with `raw` the exact bytes of its manifest. @throws {StoreError} MANIFEST_UNKNOWN, PLATFORM_UNKNOWN. */
export async function inspectAction(text: string, flags: InspectFlags, signal: AbortSignal): Promise<void> {
  if (flags.raw === true && flags.json === true) throw new UsageError("--raw and --json exclude each other");
  const location = await readLocation(text);
  const platform = await readPlatform(flags.platform);
  await using registries = await Registries.create(flags, { hosts: hostsOf([location]) });
  const image = await openSource(location, registries, flags.creds);
  const { store } = image;
  const reference = platform === undefined ? image.reference : (await selectImage(image, platform, signal)).digest;
  const content = await store.open(reference, { signal });
  if (flags.raw === true) return printBytes(content.bytes);
  const description = { ...(await describe(store, content, { signal })), name: nameOf(image) };
  if (flags.json === true) printJson(description);
  else print(renderDescription(description).join("\n"));
}
