import { KeyedLock } from "./keyed-lock.ts";
import type { ReferrerUpdate } from "./referrer-update.ts";

/** What one registry was seen to do, learned from its answers and kept in memory: losing it costs requests, never correctness. */
export class HostProfile {
  /**
   * What a 202 to a self-mount says.
   * - unknown: nothing yet, so a HEAD follows before a body over 64 KiB.
   * - proven: a 201 was seen for a blob that was there, so a 202 means absent.
   * - head-first: a 202 was seen for a blob that was there (crane's registry), or self-mounts are refused; a HEAD comes before the POST.
   */
  existence: "unknown" | "proven" | "head-first" = "unknown";

  /** How a blob is sent: `patch` where a PUT without a PATCH before it was refused (old Artifactory). */
  upload: "unknown" | "put" | "patch" = "unknown";

  /** Whether the referrers API is there; `tag` where it answered 404 (distribution 2.8 and 3.1). */
  referrers: "unknown" | "api" | "tag" = "unknown";

  /** Where the digests and times of tags are listed: in Azure's own list, in the list of tags (Google's), or nowhere. */
  tagDetails: "unknown" | "acr" | "tags" | "none" = "unknown";

  /** Updates of referrers tags under way, by repository and subject. */
  readonly referrerUpdates: Map<string, ReferrerUpdate> = new Map();
  readonly referrerLock: KeyedLock = new KeyedLock();

  readonly #refusedMounts = new Set<string>();

  /** Remembers that mounting from one repository into another is refused. */
  refuseMount(from: string, into: string): void {
    this.#refusedMounts.add(`${from} ${into}`);
  }

  refusesMount(from: string, into: string): boolean {
    return this.#refusedMounts.has(`${from} ${into}`);
  }
}
