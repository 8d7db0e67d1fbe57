import { type Descriptor, type Digest, isDigest, isManifestMediaType, type Source, type Target } from "@tranship/core";
import type { PlanAction } from "../copy/plan.ts";
import { Tally } from "../copy/result.ts";
import type { RequestCount } from "../events/request-count.ts";
import type { HostCost, PlannedContent } from "./file/sync-plan.ts";

type Place = Pick<Source | Target, "name" | "place">;

/** Docker Hub counts the GETs of manifests, and no HEADs. */
const COUNTED_HOSTS: ReadonlySet<string> = new Set(["registry-1.docker.io"]);

/** Whether the host counts manifest GETs against a quota. */
export function countsPulls(store: Place): boolean {
  return store.place !== undefined && COUNTED_HOSTS.has(store.place.host);
}

/** How the steps of an image were found. */
export interface Finding {
  readonly asked: RequestCount;
  /** Whether referrers were looked for. */
  readonly referrers: boolean;
  /** Whether one manifest of an index is all that is copied: the index is read, and not put. */
  readonly single: boolean;
}

/** Adds up what images will cost, and knows which blob an earlier one of them brings. Memory: about 150 bytes a blob and target repository, and a tag. */
export class PlanLedger {
  readonly #hosts = new Map<string, { requests: number; read: number; written: number; pulls?: number }>();
  /** Blobs that come to a host, with the repositories that they come to. */
  readonly #coming = new Map<string, Set<string>>();
  readonly #fetched = new Set<string>();
  /** Tags of sources. */
  readonly #checked = new Set<string>();

  /**
   * What an image brings, from its steps.
   * @param finding what finding them out took.
   */
  content(source: Place, target: Place, actions: readonly PlanAction[], finding: Finding): PlannedContent {
    this.#again(source, target, actions, finding);
    const tallies = { manifests: new Tally(), copy: new Tally(), mount: new Tally(), skip: new Tally() };
    for (const action of actions) {
      const { descriptor } = action;
      if (action.action === "put") {
        tallies.manifests.add(descriptor);
        this.#pull(source, descriptor);
        this.#cost(target, { requests: 1, written: descriptor.size });
      } else if (action.action === "tag") this.#cost(target, { requests: 2 });
      else if (action.action === "skip") {
        if (!isManifestMediaType(descriptor.mediaType)) tallies.skip.add(descriptor);
      } else tallies[this.#blob(source, target, action)].add(descriptor);
    }
    return {
      manifests: tallies.manifests.amount,
      copy: tallies.copy.amount,
      mount: tallies.mount.amount,
      skip: tallies.skip.amount,
    };
  }

  /** An image whose content was not read: its root is fetched and put, what is below it is not known. */
  unread(source: Place, target: Place): void {
    this.#pull(source, undefined);
    this.#cost(target, { requests: 1 });
  }

  /** A tag that is put on what is there, looked for, or deleted. */
  tag(target: Place, requests: number): void {
    this.#cost(target, { requests });
  }

  /** A tag that is looked at before something is done with it: at the target, and once at the source, whose digests never move. */
  check(source: Place, target: Place, tag: string): void {
    this.#cost(target, { requests: 1 });
    const once = `${source.name} ${tag}`;
    if (isDigest(tag) || this.#checked.has(once)) return;
    this.#checked.add(once);
    this.#cost(source, { requests: 1 });
  }

  get hosts(): Readonly<Record<string, HostCost>> {
    return Object.fromEntries(this.#hosts);
  }

  /** Whether the blob is copied, mounted, or brought by another image. */
  #blob(
    source: Place,
    target: Place,
    { descriptor, mountFrom }: Extract<PlanAction, { readonly action: "transfer" }>,
  ): "copy" | "mount" | "skip" {
    const key = `${hostOf(target)} ${descriptor.digest}`;
    const repositories = this.#coming.get(key) ?? new Set();
    const repository = target.place?.repository ?? target.name;
    const [here, elsewhere] = [repositories.has(repository), repositories.size > 0];
    this.#coming.set(key, repositories.add(repository));
    if (here) return "skip";
    this.#cost(target, { requests: 1 });
    if (mountFrom.length > 0 || (elsewhere && target.place !== undefined)) return "mount";
    this.#cost(target, { requests: 1, written: descriptor.size });
    const once = `${source.name} ${descriptor.digest}`;
    if (!this.#fetched.has(once)) this.#cost(source, { requests: 1, read: descriptor.size });
    this.#fetched.add(once);
    return "copy";
  }

  /**
   * What `apply` asks for a second time: all but the manifests that are counted as put. It has no
   * list of the tags at hand, and asks for the referrers tag of each manifest, besides the API.
   */
  #again(source: Place, target: Place, actions: readonly PlanAction[], { asked, referrers, single }: Finding): void {
    const manifests = actions.filter(({ descriptor }) => isManifestMediaType(descriptor.mediaType));
    const puts = manifests.filter(({ action }) => action === "put").length;
    for (const [host, store] of new Map([source, target].map((one) => [hostOf(one), one]))) {
      const { "GET manifest": read = 0, ...others } = asked[host] ?? {};
      const counted = Object.entries(others).filter(([kind]) => !/ (?:token|ping)$/.test(kind));
      const isSource = host === hostOf(source);
      const unput = isSource ? Math.max(read, manifests.length) - puts + (single ? 1 : 0) : read;
      const tagged = isSource && referrers ? manifests.length : 0;
      const requests = counted.reduce((sum, [, count]) => sum + count, Math.max(unput, 0) + tagged);
      if (requests > 0) this.#cost(store, { requests });
    }
  }

  #pull(source: Place, descriptor: Descriptor | undefined): void {
    const once = `${source.name} ${descriptor?.digest}`;
    if (descriptor !== undefined && this.#fetched.has(once)) return;
    if (descriptor !== undefined) this.#fetched.add(once);
    this.#cost(source, { requests: 1, read: descriptor?.size ?? 0, pulls: countsPulls(source) ? 1 : 0 });
  }

  #cost(
    store: Place,
    {
      requests,
      read = 0,
      written = 0,
      pulls = 0,
    }: { requests: number; read?: number; written?: number; pulls?: number },
  ): void {
    // A folder or memory is asked for nothing.
    if (store.place === undefined) return;
    const cost = this.#hosts.get(store.place.host) ?? { requests: 0, read: 0, written: 0 };
    this.#hosts.set(store.place.host, cost);
    cost.requests += requests;
    cost.read += read;
    cost.written += written;
    if (pulls > 0) cost.pulls = (cost.pulls ?? 0) + pulls;
  }
}

function hostOf(store: Place): string {
  return store.place?.host ?? store.name;
}

/** The digests of an image's manifests, as its steps name them. */
export function manifestsOf(root: Digest, actions: readonly PlanAction[]): ReadonlySet<Digest> {
  const manifests = actions.flatMap(({ descriptor }) =>
    isManifestMediaType(descriptor.mediaType) ? [descriptor.digest] : [],
  );
  return new Set([root, ...manifests]);
}
