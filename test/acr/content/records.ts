import type { Clock } from "../clock.ts";
import { unknownManifest, unknownRepository, unknownTag } from "../refusal.ts";
import { type Attributes, UNLOCKED } from "./attributes.ts";

/** What a manifest says of its content. */
export interface ManifestDescription {
  readonly mediaType: string;
  /** Undefined for an index. */
  readonly configMediaType: string | undefined;
  /** Config and layers, in bytes; for an index the manifests that it lists. */
  readonly imageSize: number;
  readonly architecture: string | undefined;
  readonly os: string | undefined;
  /** The images of an index. */
  readonly references: readonly ManifestReference[];
}

export interface ManifestReference {
  readonly digest: string;
  readonly architecture: string | undefined;
  readonly os: string | undefined;
}

/** Times are ISO 8601 with seven decimals, in UTC. */
interface Timed {
  readonly createdTime: string;
  lastUpdateTime: string;
  attributes: Attributes;
}

export interface ManifestRecord extends Timed {
  readonly digest: string;
  readonly description: ManifestDescription;
}

export interface TagRecord extends Timed {
  readonly name: string;
  digest: string;
}

/** What ACR keeps of a repository beside its bytes. */
export interface RepositoryRecord extends Timed {
  readonly name: string;
  readonly manifests: Map<string, ManifestRecord>;
  readonly tags: Map<string, TagRecord>;
  /** When what was deleted had changed last, by digest or tag: a list may be at it. */
  readonly removed: Map<string, string>;
}

/** The repositories that have a manifest. What the engine stores are the bytes; names, times and locks are here. */
export class Records {
  readonly #clock: Clock;
  readonly #repositories = new Map<string, RepositoryRecord>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  repositories(): readonly RepositoryRecord[] {
    return [...this.#repositories.values()];
  }

  find(name: string): RepositoryRecord | undefined {
    return this.#repositories.get(name);
  }

  /** @throws {Refusal} NAME_UNKNOWN. */
  repository(name: string): RepositoryRecord {
    const found = this.find(name);
    if (found === undefined) throw unknownRepository(name);
    return found;
  }

  /** @throws {Refusal} NAME_UNKNOWN, TAG_UNKNOWN. */
  tag(name: string, tag: string): TagRecord {
    const found = this.repository(name).tags.get(tag);
    if (found === undefined) throw unknownTag(name, tag);
    return found;
  }

  /** @throws {Refusal} NAME_UNKNOWN, MANIFEST_UNKNOWN. */
  manifest(name: string, digest: string): ManifestRecord {
    const found = this.repository(name).manifests.get(digest);
    if (found === undefined) throw unknownManifest(name, digest);
    return found;
  }

  /** Notes that a manifest was stored, under a tag or just under its digest. */
  put(name: string, digest: string, description: ManifestDescription, tag: string | undefined): void {
    const time = this.#clock.instant();
    const fresh = { createdTime: time, lastUpdateTime: time, attributes: UNLOCKED };
    const repository = this.find(name) ?? {
      ...fresh,
      name,
      manifests: new Map(),
      tags: new Map(),
      removed: new Map(),
    };
    this.#repositories.set(name, repository);
    repository.lastUpdateTime = time;
    const manifest = repository.manifests.get(digest) ?? { ...fresh, digest, description };
    repository.manifests.set(digest, manifest);
    manifest.lastUpdateTime = time;
    if (tag === undefined) return;
    const tagged = repository.tags.get(tag) ?? { ...fresh, name: tag, digest };
    repository.tags.set(tag, tagged);
    tagged.lastUpdateTime = time;
    tagged.digest = digest;
  }

  /** Notes that a tag was deleted. */
  removeTag(repository: RepositoryRecord, { name, lastUpdateTime }: TagRecord): void {
    repository.tags.delete(name);
    repository.removed.set(name, lastUpdateTime);
    repository.lastUpdateTime = this.#clock.instant();
  }

  /** Notes that a manifest was deleted, and its tags with it. A repository goes with its last manifest. */
  removeManifest(repository: RepositoryRecord, { digest, lastUpdateTime }: ManifestRecord): void {
    for (const tag of tagsOf(repository, digest)) this.removeTag(repository, tag);
    repository.manifests.delete(digest);
    repository.removed.set(digest, lastUpdateTime);
    repository.lastUpdateTime = this.#clock.instant();
    if (repository.manifests.size === 0) this.remove(repository);
  }

  remove({ name }: RepositoryRecord): void {
    this.#repositories.delete(name);
  }
}

/** The tags of a manifest, by name. */
export function tagsOf({ tags }: RepositoryRecord, digest: string): readonly TagRecord[] {
  return [...tags.values()].filter((tag) => tag.digest === digest).toSorted((a, b) => (a.name < b.name ? -1 : 1));
}
