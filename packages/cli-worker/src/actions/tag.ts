import { nameOf } from "@tranship/copy";
import { parseTag } from "@tranship/core";
import { hostsOf, openSource, readLocation } from "../open-location.ts";
import type { OneSideFlags } from "../options.ts";
import { print } from "../output.ts";
import { Registries } from "../registries.ts";
import { readingInput } from "../usage-error.ts";

export interface TagFlags extends OneSideFlags {
  readonly quiet?: boolean | undefined;
}

/** Gives an image one more tag, in its repository; only its manifest travels. */
export async function tagAction(text: string, newTag: string, flags: TagFlags, signal: AbortSignal): Promise<void> {
  const location = await readLocation(text);
  const tag = await readingInput(() => parseTag(newTag));
  await using registries = await Registries.create(flags, { hosts: hostsOf([location]) });
  const { store, reference } = await openSource(location, registries, flags.creds);
  const { descriptor } = await store.open(reference, { signal });
  await store.tag(descriptor, tag, { signal });
  if (flags.quiet === true) return;
  print(`Tagged ${nameOf({ store, reference: tag })}\n  digest    ${descriptor.digest}`);
}
