import type { Script, ScriptedAnswer, ScriptedRegistry } from "../support/scripted-registry.ts";
import { sha256 } from "../support/scripted-registry.ts";
import { type BadRegistry, INDEX, MANIFEST, seedImages, tagsOf } from "./bad-beside-good.ts";

/** Answers of one kind never end, at a byte every few ms. */
function dripping(matches: RegExp, method = "GET"): Script {
  return (request) => {
    const isMet = request.method === method && matches.test(request.path);
    return isMet ? { status: 200, body: '{"name": "app", "tags": ["v1", "v2"', drips: true } : undefined;
  };
}

/** A page of names that leads to a next one, without an end. */
function endless(matches: RegExp, field: "tags" | "repositories"): Script {
  return ({ path }) => {
    const url = new URL(path, "http://r");
    if (!matches.test(url.pathname)) return undefined;
    const first = Number(url.searchParams.get("last")?.slice(1) ?? -1) + 1;
    const names = Array.from({ length: 1000 }, (_, at) => `v${first + at}`);
    const link = `<${url.pathname}?n=1000&last=${names.at(-1)}>; rel="next"`;
    return { status: 200, body: JSON.stringify({ [field]: names }), headers: { link } };
  };
}

function names(matches: RegExp, document: object): Script {
  return ({ path }) => (matches.test(path) ? { status: 200, body: JSON.stringify(document) } : undefined);
}

/** Indexes within each other, each with so many entries that lead to the next one; the innermost lists nothing. */
function seedNested({ manifests }: ScriptedRegistry, levels: number, width: number): void {
  let child = Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType: INDEX, manifests: [] }));
  for (let level = 0; level < levels; level += 1) {
    manifests.set(`app@${sha256(child)}`, { mediaType: INDEX, bytes: child });
    const entry = { mediaType: INDEX, digest: sha256(child), size: child.length };
    const entries = Array.from({ length: width }, (_, at) => ({ ...entry, annotations: { at: String(at) } }));
    child = Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType: INDEX, manifests: entries }));
  }
  manifests
    .set("app:v1", { mediaType: INDEX, bytes: child })
    .set(`app@${sha256(child)}`, { mediaType: INDEX, bytes: child });
}

const LISTS = /\/tags\/list/;
const CATALOGUE = /\/_catalog/;

/** A page of 64 MB. */
function longPage(matches: RegExp, field: string): Script {
  let page: ScriptedAnswer | undefined;
  return ({ path }) => {
    if (!matches.test(path)) return undefined;
    page ??= {
      status: 200,
      body: `{"${field}":[${'"a",'.repeat(16_000_000)}"a"]}`,
      headers: { "transfer-encoding": "chunked" },
    };
    return page;
  };
}

function endlessReferrers(): Script {
  let count = 0;
  return ({ path, headers }) => {
    const [, subject] = /\/referrers\/(sha256:[0-9a-f]+)/.exec(path) ?? [];
    if (subject === undefined) return undefined;
    const manifests = Array.from({ length: 1000 }, () => {
      count += 1;
      return { mediaType: MANIFEST, digest: sha256(Buffer.from(String(count))), size: 10 };
    });
    return {
      status: 200,
      headers: {
        "content-type": INDEX,
        link: `<http://${headers.host}/v2/app/referrers/${subject}?page=${count}>; rel="next"`,
      },
      body: JSON.stringify({ schemaVersion: 2, mediaType: INDEX, manifests }),
    };
  };
}

const tokenService: Script = ({ path, headers }) =>
  path.startsWith("/token")
    ? { status: 200, body: '{"token": "a', drips: true }
    : { status: 401, headers: { "www-authenticate": `Bearer realm="http://${headers.host}/token",service="r"` } };

/** What registries do that hold others up, or fill the memory. */
export const BAD_REGISTRIES: readonly BadRegistry[] = [
  { name: "bodies of manifests that drip", script: dripping(/\/manifests\//) },
  { name: "bodies of blobs that drip", script: dripping(/\/blobs\//) },
  {
    name: "bodies of small blobs that drip",
    script: dripping(/\/blobs\//),
    seed: (registry) => seedImages(registry, "app", tagsOf(60), { size: 20_000 }),
  },
  { name: "a list of tags that drips", script: dripping(LISTS) },
  { name: "a catalogue that drips", script: dripping(CATALOGUE), catalogue: true },
  { name: "a token service that drips", script: tokenService },
  {
    name: "a HEAD that is never answered",
    script: ({ method }) => (method === "HEAD" ? "dropped" : undefined),
    // Their digests are asked for.
    mirror: { tags: tagsOf(60) },
  },
  { name: "a GET that is never answered", script: ({ path }) => (/\/manifests\//.test(path) ? "dropped" : undefined) },
  {
    name: "an endless catalogue",
    script: endless(CATALOGUE, "repositories"),
    catalogue: true,
    says: /the list has more than 500000 names; lists\.names of the host \(--list-limit names=N\) allows more/,
  },
  {
    name: "an endless list of tags",
    script: endless(LISTS, "tags"),
    says: /the list has more than 500000 names; lists\.names of the host \(--list-limit names=N\) allows more/,
  },
  {
    name: "a list of tags in a page of 64 MB",
    script: longPage(LISTS, "tags"),
    says: /more than 33554432 bytes; lists\.pageBytes of the host \(--list-limit pageBytes=N\) allows more/,
  },
  {
    name: "a catalogue in a page of 64 MB",
    script: longPage(CATALOGUE, "repositories"),
    catalogue: true,
    says: /more than 33554432 bytes; lists\.pageBytes of the host/,
  },
  {
    name: "a name in its catalogue that is not valid",
    script: names(CATALOGUE, { repositories: ["app", "Bad\u001b[31m/../x", "app"] }),
    catalogue: true,
    seed: (registry) => seedImages(registry, "app", ["v1"]),
    says: /1 name is not valid and was skipped: "Bad\\u001b\[31m\/\.\.\/x"/,
    copied: ["bad/app:v1"],
  },
  {
    name: "a name in a list of tags that is not valid",
    script: names(LISTS, { name: "app", tags: ["v1", "no tag\u202e", "v2"] }),
    says: /1 name is not valid and was skipped: "no tag\\u\{202e\}"/,
    copied: ["bad/app:v1", "bad/app:v2"],
  },
  {
    name: "indexes within each other with 2^30 paths",
    script: () => undefined,
    seed: (registry) => seedNested(registry, 30, 2),
    mirror: { platforms: ["linux/amd64"] },
    says: /linux\/amd64/,
  },
  {
    name: "indexes within each other with 2^40 paths, deeper than any is read",
    script: () => undefined,
    seed: (registry) => seedNested(registry, 40, 2),
    mirror: { platforms: ["linux/amd64"] },
    says: /deeper than 32 levels/,
  },
  {
    name: "a long chain of indexes",
    script: () => undefined,
    seed: (registry) => seedNested(registry, 5000, 1),
    says: /deeper than 32 levels/,
  },
  {
    name: "endless referrers",
    script: endlessReferrers(),
    seed: (registry) => seedImages(registry, "app", ["v1"]),
    mirror: { referrers: true },
    flags: ["--list-limit", "names=20000"],
    says: /the list has more than 20000 names/,
  },
];
