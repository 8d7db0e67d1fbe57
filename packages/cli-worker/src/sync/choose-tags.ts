import { atOnce, type ChosenTags } from "@tranship/copy";
import {
  type CallOptions,
  isImageMediaType,
  type ListedTag,
  type Manifest,
  parseManifest,
  type Source,
} from "@tranship/core";
import { FallbackSource } from "../mirror/hosts/fallback-source.ts";
import { matchTags, selectTags, timesFor } from "../mirror/select/select-tags.ts";
import type { TagRules } from "../mirror/select/tag-rules.ts";
import { readImageTime } from "../prune/image-time.ts";
import { counted } from "../units.ts";

/**
 * Chooses tags from a source's list as the rules of a mirror say.
 * Requests: none, but with `by: created`: there 1 GET for each tag that the filters leave, 1 for an index's first image, and 1 for the config.
 * @throws {Error} where times are needed that the registry does not list.
 */
export async function chooseTags(
  rules: TagRules,
  name: string,
  {
    listed,
    source,
    call,
  }: { readonly listed: readonly ListedTag[]; readonly source: Source; readonly call: CallOptions },
): Promise<ChosenTags> {
  const matched = matchTags(listed, rules);
  const times = timesFor(matched, rules);
  if (times === "missing") {
    throw new Error(
      `Cannot tell which tags of ${name} are the newest: the registry lists no times; write by: created to read them from the images (1 to 3 requests for each of ${counted(matched.length, "tag")}), or choose by semver`,
    );
  }
  const dated = times === "created" ? await readTimes(matched, source, call) : listed;
  const { tags, warnings } = selectTags(dated, rules, { nowMs: Date.now() });
  const read = times === "created" ? [`by: created read ${counted(matched.length, "image")}`] : [];
  const elsewhere = source instanceof FallbackSource ? source.listedElsewhere : undefined;
  return {
    tags,
    notices: [...warnings, ...read].map((text) => `${name}: ${text}`),
    ...(elsewhere !== undefined && {
      incomplete: `the list is from ${elsewhere}, since ${name} could not answer, and may lack tags`,
    }),
  };
}

async function readTimes(tags: readonly ListedTag[], source: Source, call: CallOptions): Promise<readonly ListedTag[]> {
  return atOnce(tags, async ({ name }) => {
    const { descriptor, bytes } = await source.open(name, call);
    const manifest = parseManifest(bytes, descriptor.mediaType);
    const first = await firstImage(manifest, source, call);
    const time = await readImageTime(
      source,
      manifest,
      (digest) => (digest === first?.digest ? first.manifest : undefined),
      call,
    );
    return { name, digest: descriptor.digest, ...(time !== undefined && { time }) };
  });
}

/** The image of an index that stands for its age. */
async function firstImage(
  manifest: Manifest,
  source: Source,
  call: CallOptions,
): Promise<{ readonly digest: string; readonly manifest: Manifest } | undefined> {
  if (manifest.kind !== "index") return undefined;
  const entry = manifest.manifests.find(
    ({ mediaType, platform }) => isImageMediaType(mediaType) && platform?.os !== "unknown",
  );
  if (entry === undefined) return undefined;
  const { descriptor, bytes } = await source.open(entry.digest, call);
  return { digest: entry.digest, manifest: parseManifest(bytes, descriptor.mediaType) };
}
