import type { HostProfile } from "../../profile/host-profile.ts";
import type { UploadSession } from "../steps/upload-session.ts";

/** How the bytes of a blob go out: in the PUT that commits them, or in PATCHes of at most so many bytes. */
export type UploadPlan = { readonly kind: "put" } | { readonly kind: "patch"; readonly length: number };

export interface UploadPlanOptions {
  readonly session: UploadSession;
  /** Bytes of the whole blob. */
  readonly size: number;
  /** The longest body that this push found the host to take. */
  readonly maxBody?: number | undefined;
  /** The longest body that its caller wants, where the host takes chunks. */
  readonly wantedBody?: number | undefined;
  /** Bytes of a chunk where the host keeps whole ones. */
  readonly chunkSize: number;
  /** What this push found out of the host. */
  readonly refuses?: "put" | "patch" | undefined;
}

/**
 * One PUT where that will do. PATCHes where an upload that breaks off can go on (one, that ends with the blob, where the host keeps every byte; chunks
 * where it keeps whole ones), where a body is too long, and where the host knows no other way.
 */
export function planUpload(profile: HostProfile, options: UploadPlanOptions): UploadPlan {
  const { session, size, chunkSize, refuses } = options;
  const way = refuses === "put" ? "patch" : refuses === "patch" ? "put" : profile.get("upload");
  const resume = way === "put" ? "none" : profile.get("resume");
  const wanted = way === "put" ? undefined : options.wantedBody;
  const longest = Math.min(options.maxBody ?? Infinity, profile.get("maxBody") ?? Infinity, wanted ?? Infinity);
  const shortest = Math.max(session.chunkMinLength ?? 0, profile.get("minChunk") ?? 0, 1);
  const chunk = Math.max(shortest, Math.min(chunkSize, longest));
  const whole = Math.max(shortest, Math.min(size, longest));
  if (refuses === "patch") return { kind: "put" };
  if (way === "chunks" && size > 0) return { kind: "patch", length: chunk };
  if (way === "patch" && size > 0) return { kind: "patch", length: whole };
  if (size > chunk && resume === "whole-chunks") return { kind: "patch", length: chunk };
  if (size > longest || (size > chunkSize && resume === "any-byte")) return { kind: "patch", length: whole };
  return { kind: "put" };
}
