import { nameOf } from "@tranship/copy";
import { parseTag } from "@tranship/core";
import type { OneSideFlags } from "../../arguments/options.ts";
import { readingInput } from "../../errors/usage-error.ts";
import { hostsOf, openSource, readLocation } from "../../locations/open-location.ts";
import { Registries } from "../../registries/registries.ts";
import { print } from "../../terminal/output.ts";

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
