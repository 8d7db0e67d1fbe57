import { RegistryError } from "../../../errors/errors.ts";
import { statusOf } from "../../explain.ts";
import type { HostProfile } from "../../profile/host-profile.ts";
import type { OutgoingPart } from "../content/outgoing.ts";
import type { UploadPlanOptions } from "./upload-plan.ts";

const MIB = 1024 * 1024;
/** The longest body after one that was too long: Cloudflare takes 100 MB. */
const FIRST_SHORTER = 64 * MIB;
/** Whoever refuses a body of so many bytes means something else by it. */
const SHORTEST = 256 * 1024;
/** No host is known that resets a body up to this. */
const NEVER_TOO_LONG = 16 * MIB;
/** How registries without chunks, or with rules of their own for them, answer one. GHCR: 416 to a PATCH of more than 4 MiB. */
const CHUNK_REFUSED: ReadonlySet<number | undefined> = new Set([400, 405, 411, 416, 501]);

/** How the bodies of one push become what the host takes. What worked in the end is remembered of the host. */
export class AdaptedBody {
  readonly #profile: HostProfile;
  readonly #wanted: number | undefined;
  #found: number | undefined;
  #refuses: "put" | "patch" | undefined;
  #breaks = 0;

  /** @param wanted the most bytes of one request that the caller wants. */
  constructor(profile: HostProfile, wanted: number | undefined) {
    this.#profile = profile;
    this.#wanted = wanted;
  }

  get plan(): Pick<UploadPlanOptions, "maxBody" | "wantedBody" | "refuses"> {
    return { maxBody: this.#found, wantedBody: this.#wanted, refuses: this.#refuses };
  }

  /** Whether the same is worth trying in another way, which is taken from now on. */
  adapts(error: unknown, part: OutgoingPart): boolean {
    const status = statusOf(error);
    if (status === 413) return this.#refuses !== "patch" && this.#shorten(part.length);
    if (!(error instanceof RegistryError)) return false;
    if (error.method !== "PATCH") {
      // Old Artifactory. A PUT that has worked here before means something else by it: the session is gone.
      if ((status === 404 || status === 405) && this.#refuses === undefined && !this.#profile.putWorked) {
        if (part.isLast && part.offset === 0 && this.#profile.get("upload") === undefined) this.#refuses = "put";
      }
      return false;
    }
    if (!CHUNK_REFUSED.has(status)) return false;
    if (part.offset > 0 || this.#refuses !== undefined) return this.#shorten(part.length);
    // Where one body was too long for a PUT, a chunk may be too long likewise.
    if (status === 416 && this.#found !== undefined && this.#shorten(part.length)) return true;
    this.#refuses = "patch";
    return true;
  }

  /** A body broke off and nothing of it was kept: the second time its length is to blame (Azure resets those that are too long). */
  broke(error: unknown, part: OutgoingPart | undefined): void {
    if (!(error instanceof RegistryError) || error.code !== "NETWORK" || part === undefined) return;
    this.#breaks += 1;
    if (this.#breaks >= 2 && part.length > NEVER_TOO_LONG) this.#shorten(part.length);
  }

  /** The blob is at the host: what was found out is believed. */
  succeeded(): void {
    if (this.#found !== undefined) this.#profile.learn({ maxBody: this.#found });
    if (this.#refuses === "put") this.#profile.learn({ upload: "patch" });
    if (this.#refuses === "patch") this.#profile.learn({ upload: "put" });
  }

  #shorten(length: number): boolean {
    const half = Math.min(Math.floor(length / 2), FIRST_SHORTER);
    const next = half > MIB ? half - (half % MIB) : half;
    if (next < SHORTEST) return false;
    this.#found = next;
    return true;
  }
}
