import type { Descriptor } from "../../content/descriptor.ts";
import { StoreError } from "../../errors/errors.ts";
import { quoted } from "../../text/quoted.ts";
import { containerdNameOf, type IndexEntry, type LayoutIndex, refNameOf } from "./layout-index.ts";

/** The tag of an index of referrers, which follows its subject. Spec: distribution-spec v1.1.1, "Referrers Tag Schema". */
const DIGEST_TAG = /^sha(?:256|512)-[0-9a-f]+/;
const TAG = /^\w[\w.-]{0,127}$/;
/** As many names as a message shows. */
const SHOWN = 10;

type Named = ReadonlyMap<string, readonly IndexEntry[]>;

/**
 * The manifest that a name stands for. Tools do not agree on what they write, so these are tried in turn:
 * - the annotation `org.opencontainers.image.ref.name` (the spec, skopeo, oras, regctl);
 * - `io.containerd.image.name`, the whole name (`docker save`, BuildKit and containerd write it beside the tag);
 * - the tag at the end of a ref.name that is a whole name (podman and older BuildKit write `docker.io/library/alpine:3.20` there).
 * @param store what messages call the layout.
 * @throws {StoreError} MANIFEST_UNKNOWN where there is none, saying which there are, or where several images share the name.
 */
export function findByName(index: LayoutIndex, name: string, store: string): Descriptor {
  const [first, ...others] = lookUp(nameTables(index), name);
  if (first !== undefined && others.length === 0) return first.descriptor;
  const message = `Cannot resolve ${quoted(name)} in "${store}"`;
  if (first !== undefined) {
    const wholeNames = [first, ...others].map(wholeNameOf).filter((whole) => whole !== undefined);
    throw new StoreError(
      "MANIFEST_UNKNOWN",
      `${message}: several images have it; name one in full: ${list(wholeNames)}`,
    );
  }
  const names = tagNames(index);
  const choice = names.length === 0 ? "there are no tags" : `there is no such tag; there are ${list(names)}`;
  throw new StoreError("MANIFEST_UNKNOWN", `${message}: ${choice}`);
}

/** Every name, in the index's order, each once: a tag that a registry takes where that is possible, and always one that `findByName` understands. */
export function tagNames(index: LayoutIndex): readonly string[] {
  const tables = nameTables(index);
  const names = index.entries.map((entry) => bestName(entry, tables)).filter((name) => name !== undefined);
  return [...new Set(names)];
}

/** Every name as it is written, in the index's order, each once, and always one that `findByName` understands. */
export function writtenNames(index: LayoutIndex): readonly string[] {
  const tables = nameTables(index);
  const names = index.entries.map((entry) => namesUnderstood(entry, tables)[0]).filter((name) => name !== undefined);
  return [...new Set(names)];
}

/**
 * The one image of a layout, for `oci:DIR` without a tag: the only manifest that is listed, or else the only one that has a tag.
 * @throws {StoreError} MANIFEST_UNKNOWN listing what to choose from.
 */
export function findOnly(index: LayoutIndex, store: string): Descriptor {
  const all = distinct(index.entries.filter((entry) => !DIGEST_TAG.test(refNameOf(entry) ?? "")));
  const tagged = all.filter((entry) => refNameOf(entry) ?? containerdNameOf(entry));
  const [only] = all.length === 1 ? all : tagged;
  if (only !== undefined && (all.length === 1 || tagged.length === 1)) return only.descriptor;
  const message = `Cannot choose an image in "${store}"`;
  if (all.length === 0) throw new StoreError("MANIFEST_UNKNOWN", `${message}: it has none`);
  const choice =
    tagged.length === 0
      ? `digest: ${list(all.map((entry) => entry.descriptor.digest))}`
      : `tag: ${list(tagNames(index))}`;
  throw new StoreError("MANIFEST_UNKNOWN", `${message}: it has ${all.length}; name one by its ${choice}`);
}

/** An index never changes, and is asked for many of its names. */
const tablesOf = new WeakMap<LayoutIndex, readonly Named[]>();

/** One table a rule, in the order of the rules. Memory: some 300 bytes an entry, as long as the index is used. */
function nameTables(index: LayoutIndex): readonly Named[] {
  const tables = tablesOf.get(index) ?? makeTables(index);
  tablesOf.set(index, tables);
  return tables;
}

function makeTables(index: LayoutIndex): readonly Named[] {
  const rules = [refNameOf, containerdNameOf, (entry: IndexEntry) => tagAtEnd(refNameOf(entry))];
  return rules.map((nameBy) => {
    const named = new Map<string, IndexEntry[]>();
    for (const entry of index.entries) {
      const name = nameBy(entry);
      if (name === undefined) continue;
      const same = named.get(name) ?? [];
      if (!same.some((other) => other.descriptor.digest === entry.descriptor.digest)) same.push(entry);
      named.set(name, same);
    }
    return named;
  });
}

/** The images that the name may stand for: several only where whole names tell them apart. */
function lookUp(tables: readonly Named[], name: string): readonly IndexEntry[] {
  const found = tables.map((table) => table.get(name)).find((entries) => entries !== undefined) ?? [];
  const areTold = found.some((entry) => wholeNameOf(entry) !== name);
  // Where nothing tells them apart the first one is taken, as skopeo does.
  return areTold ? found : found.slice(0, 1);
}

function bestName(entry: IndexEntry, tables: readonly Named[]): string | undefined {
  const understood = namesUnderstood(entry, tables);
  return understood.find((name) => TAG.test(name)) ?? understood[0];
}

/** The names by which the entry is found, as written first. */
function namesUnderstood(entry: IndexEntry, tables: readonly Named[]): readonly string[] {
  const refName = refNameOf(entry);
  const choices = [refName, tagAtEnd(refName), containerdNameOf(entry)].filter((name) => name !== undefined);
  return choices.filter((name) => {
    const [found, ...others] = lookUp(tables, name);
    return others.length === 0 && found?.descriptor.digest === entry.descriptor.digest;
  });
}

function wholeNameOf(entry: IndexEntry): string | undefined {
  return containerdNameOf(entry) ?? refNameOf(entry);
}

/** `3.20` of `docker.io/library/alpine:3.20`. */
function tagAtEnd(name: string | undefined): string | undefined {
  const tag = name?.slice(name.lastIndexOf(":") + 1);
  return tag !== undefined && tag !== name && TAG.test(tag) ? tag : undefined;
}

function distinct(entries: readonly IndexEntry[]): readonly IndexEntry[] {
  return [...new Map(entries.map((entry) => [entry.descriptor.digest, entry])).values()];
}

function list(names: readonly string[]): string {
  const shown = names.slice(0, SHOWN).map(quoted).join(", ");
  return names.length > SHOWN ? `${shown} and ${names.length - SHOWN} more` : shown;
}
