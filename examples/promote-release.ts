// Promotes a tested image from staging to production, by digest: what was tested is what is released, byte for byte.
//   node examples/promote-release.ts staging.example/team/app@sha256:… production.example/team/app --tag v1.4.0 --move latest
// A tag given by --tag is never moved: where it stands for another image, nothing is released. One given by --move is.
import "./shared/errors.ts";
import { parseArgs } from "node:util";
import { copy } from "@tranship/copy";
import {
  type Digest,
  fileCredentials,
  parseReference,
  parseRepository,
  parseTag,
  Registry,
  type RegistryStore,
  StoreError,
} from "@tranship/core";
import { print } from "./shared/print.ts";

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: { tag: { type: "string", multiple: true }, move: { type: "string", multiple: true } },
});
const [from, to] = [parseReference(positionals[0] ?? ""), parseRepository(positionals[1] ?? "")];
const { tag: fixed = [], move: moving = [] } = values;
const tags = [...fixed, ...moving].map(parseTag);
const { digest } = from;
if (digest === undefined)
  throw new TypeError("Expected the source by digest (REPOSITORY@sha256:…): a tag may have moved");
if (tags.length === 0) throw new TypeError("Expected a tag to release under: --tag v1.4.0");

// What `docker login` and `podman login` have kept.
const credentials = fileCredentials();
await using staging = new Registry({ host: from.host, credentials });
await using production = new Registry({ host: to.host, credentials });
const source = staging.repository(from.repository);
const target = production.repository(to.repository);

const before = new Map<string, Digest | undefined>();
for (const tag of tags) before.set(tag, await digestOfTag(target, tag));
for (const tag of fixed) {
  const taken = before.get(tag);
  if (taken === undefined || taken === digest) continue;
  throw new Error(`Cannot release "${target.name}:${tag}": it stands for ${taken}, and --tag never moves a tag`);
}

// Every byte is checked against its digest on the way; signatures and SBOMs come along. Tags are set when all of it is there.
const { root, moved, mounted, skipped } = await copy(
  { store: source, reference: digest },
  { store: target, reference: digest },
  { referrers: true },
);
for (const tag of tags) if (before.get(tag) !== digest) await target.tag(root, tag);
for (const tag of tags) {
  const now = await digestOfTag(target, tag);
  if (now !== digest)
    throw new Error(`Cannot release "${target.name}:${tag}": it stands for ${now} now, not ${digest}`);
}

print({
  digest,
  from: `${source.name}@${digest}`,
  to: `${target.name}@${digest}`,
  tags: tags.map((tag) => ({ tag, before: before.get(tag) ?? null })),
  moved,
  mounted,
  skipped,
});

/** What a tag stands for; undefined where there is none, or no repository yet. */
async function digestOfTag(store: RegistryStore, tag: string): Promise<Digest | undefined> {
  try {
    return (await store.resolve(tag)).digest;
  } catch (error) {
    if (error instanceof StoreError && ["MANIFEST_UNKNOWN", "NAME_UNKNOWN"].includes(error.code)) return undefined;
    throw error;
  }
}
