import type { Digest } from "../../digest/digest.ts";
import type { BlobJournal } from "../../journal/blob-journal.ts";
import { Saving } from "./saving.ts";

/** A repository of the registry, as whom. */
export interface KnownPlace {
  readonly repository: string;
  readonly access: string;
}

/**
 * Which repositories of one registry hold a blob, and between which of them it refuses to mount: in this process, and as the journal has it. It
 * chooses where to mount from, and never stands for a check.
 */
export class KnownBlobs {
  readonly #host: string;
  readonly #journal: BlobJournal | undefined;
  readonly #saving: Saving;
  readonly #refused = new Set<string>();
  /** Blobs of which the registry said that they are there when they were not. */
  readonly #distrusted = new Set<Digest>();
  /** What the journal said of pairs: it is asked once for each, not for each blob. */
  readonly #asked = new Map<string, Promise<boolean>>();

  constructor(host: string, journal?: BlobJournal, saving: Saving = new Saving()) {
    this.#host = host;
    this.#journal = journal;
    this.#saving = saving;
  }

  /** The blob is in the repository, now. It is written down a moment later. */
  seen({ repository, access }: KnownPlace, digest: Digest): void {
    if (this.#journal === undefined) return;
    this.#saving.add(this.#journal.seen({ host: this.#host, access, repository }, digest));
  }

  /** Whether the journal has seen the blob in that very repository. It stands for no check. */
  async wasSeen({ repository, access }: KnownPlace, digest: Digest): Promise<boolean> {
    return (await this.#remembered(access, digest)).includes(repository);
  }

  /** Whether the journal has seen the blob in another repository. It stands for no check. */
  async isKnownElsewhere({ repository, access }: KnownPlace, digest: Digest): Promise<boolean> {
    return (await this.#remembered(access, digest)).some((name) => name !== repository);
  }

  /** The first repository, other than this one, from which it may be mounted: of those given, best first, then of those remembered. */
  async mountSource(
    { repository, access }: KnownPlace,
    digest: Digest,
    given: readonly string[],
  ): Promise<string | undefined> {
    for (const from of given) if (await this.#mayMount(from, repository, access)) return from;
    for (const from of await this.#remembered(access, digest))
      if (await this.#mayMount(from, repository, access)) return from;
    return undefined;
  }

  /** The registry claimed to have mounted the blob, or to have it, and did not: whoever holds it is forgotten, and this process mounts it no more. */
  async distrust(access: string, digest: Digest): Promise<void> {
    this.#distrusted.add(digest);
    const host = this.#host;
    const holders = (await this.#journal?.repositories(host, access, digest).catch(() => [])) ?? [];
    for (const repository of holders) {
      await this.#journal?.missing({ host, access, repository }, digest).catch(() => {});
    }
  }

  /** Whether what the registry says of a mount of this blob may be believed. */
  trusts(digest: Digest): boolean {
    return !this.#distrusted.has(digest);
  }

  /** Remembers that mounting from one repository into another is refused. */
  async refuse(from: string, { repository: into, access }: KnownPlace): Promise<void> {
    this.#refused.add(`${access} ${from} ${into}`);
    await this.#journal?.mountRefused({ host: this.#host, access, from, into }).catch(() => {});
  }

  async refuses(from: string, { repository: into, access }: KnownPlace): Promise<boolean> {
    const pair = `${access} ${from} ${into}`;
    if (this.#refused.has(pair)) return true;
    if (this.#journal === undefined) return false;
    const asked =
      this.#asked.get(pair) ?? this.#journal.refusesMount({ host: this.#host, access, from, into }).catch(() => false);
    this.#asked.set(pair, asked);
    return asked;
  }

  async #remembered(access: string, digest: Digest): Promise<readonly string[]> {
    return (await this.#journal?.repositories(this.#host, access, digest).catch(() => [])) ?? [];
  }

  async #mayMount(from: string, repository: string, access: string): Promise<boolean> {
    return from !== repository && !(await this.refuses(from, { repository, access }));
  }
}
