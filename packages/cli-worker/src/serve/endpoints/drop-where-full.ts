import { ApiError, systemCode } from "../api-error.ts";
import type { Registry } from "../registry.ts";
import type { UploadSession } from "../storage/upload-session.ts";

const FULL: ReadonlySet<string> = new Set(["ENOSPC", "EDQUOT"]);

/**
 * Takes bytes of an upload; where there is no room for them, forgets the upload: most clients do not
 * cancel one that is refused, and what they leave would keep the others out.
 */
export async function dropWhereFull(
  { sessions, quota }: Registry,
  session: UploadSession,
  take: () => Promise<void>,
): Promise<void> {
  try {
    await take();
  } catch (error) {
    const isFull = error instanceof ApiError ? error.code === "DENIED" : FULL.has(systemCode(error) ?? "");
    if (isFull) {
      await session.remove();
      sessions.forget(session);
      quota.removed();
    }
    throw error;
  }
}
