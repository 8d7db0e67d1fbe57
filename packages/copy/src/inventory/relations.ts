import { type Digest, subjectOfTag } from "@tranship/core";
import type { Inventory, InventoryManifest } from "./inventory.ts";

/** Which manifests of a repository belong together. */
export class Relations {
  readonly #manifests = new Map<Digest, InventoryManifest>();
  readonly #parents = new Map<Digest, Digest[]>();
  readonly #attached = new Map<Digest, Digest[]>();

  constructor(inventory: Inventory) {
    for (const manifest of inventory) this.#manifests.set(manifest.digest, manifest);
    for (const manifest of inventory) {
      for (const child of manifest.children) add(this.#parents, child, manifest.digest);
      for (const subject of subjectsOf(manifest)) add(this.#attached, subject, manifest.digest);
    }
  }

  /** Whether the repository has it. */
  has(digest: Digest): boolean {
    return this.#manifests.has(digest);
  }

  /** The indexes that list it. */
  parents(digest: Digest): readonly Digest[] {
    return this.#parents.get(digest) ?? [];
  }

  /** What goes along with it: what it lists, and what is about it. */
  followers(digest: Digest): readonly Digest[] {
    const children = this.#manifests.get(digest)?.children ?? [];
    return [...children, ...(this.#attached.get(digest) ?? [])].filter((other) => this.has(other));
  }

  /** What has to stay as long as it does: what goes along with it, and its subject. */
  held(digest: Digest): readonly Digest[] {
    const subject = this.#manifests.get(digest)?.subject;
    const followers = this.followers(digest);
    return subject !== undefined && this.has(subject) ? [...followers, subject] : followers;
  }

  /** What says what it is for: the indexes that list it, and what it is about, as far as the repository has them. */
  owners(manifest: InventoryManifest): readonly Digest[] {
    return [...this.parents(manifest.digest), ...subjectsOf(manifest).filter((subject) => this.has(subject))];
  }

  /** Whether it has an owner. */
  belongs(manifest: InventoryManifest): boolean {
    return this.owners(manifest).length > 0;
  }
}

/** All that is reached from some digests, themselves too, with the one that each was first reached from. */
export function reach(
  from: Iterable<Digest>,
  next: (digest: Digest) => readonly Digest[],
): ReadonlyMap<Digest, Digest | undefined> {
  const reached = new Map<Digest, Digest | undefined>();
  for (const digest of from) reached.set(digest, undefined);
  // What is added while a Map is iterated is visited too.
  for (const digest of reached.keys()) {
    for (const other of next(digest)) if (!reached.has(other)) reached.set(other, digest);
  }
  return reached;
}

function subjectsOf({ digest, subject, tags }: InventoryManifest): readonly Digest[] {
  const subjects = new Set([subject, ...tags.map(subjectOfTag)]);
  subjects.delete(digest);
  return [...subjects].filter((other) => other !== undefined);
}

function add(lists: Map<Digest, Digest[]>, key: Digest, value: Digest): void {
  const list = lists.get(key);
  if (list === undefined) lists.set(key, [value]);
  else if (!list.includes(value)) list.push(value);
}
