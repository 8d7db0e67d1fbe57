import { RegistryError } from "../../errors/errors.ts";
import type { RemoteRepository } from "../../registry/remote-repository.ts";
import type { UploadSession } from "../../registry/upload/steps/upload-session.ts";

/** 4 MiB, as Azure's clients have it: below the 20 MB of ACR and of many proxies, and GHCR refuses longer ones. */
export const DEFAULT_CHUNK_SIZE: number = 4 * 1024 * 1024;

/** A chunk is in memory, so a registry can't ask for any length. */
const LONGEST_MINIMUM = 64 * 1024 * 1024;

/** @throws {RangeError} for a length that is none. */
export function checkChunkSize(chunkSize: number): void {
  if (Number.isSafeInteger(chunkSize) && chunkSize > 0) return;
  throw new RangeError(`Bad chunkSize ${chunkSize}: expected a whole number of bytes from 1`);
}

/**
 * How long the chunks of a session are, in bytes: as wanted, or as the registry has it at least, and at most.
 * @throws {RegistryError} PROTOCOL where it wants more than 64 MiB.
 */
export function chunkLength(
  { profile }: Pick<RemoteRepository, "profile">,
  session: UploadSession,
  chunkSize: number,
): number {
  const { chunkMinLength = 0, location } = session;
  const minimum = Math.max(chunkMinLength, profile.get("minChunk") ?? 0);
  if (minimum <= Math.max(LONGEST_MINIMUM, chunkSize)) {
    return Math.max(minimum, Math.min(chunkSize, profile.get("maxBody") ?? chunkSize));
  }
  throw new RegistryError(
    "PROTOCOL",
    `the registry wants chunks of ${minimum} bytes at least, at most ${LONGEST_MINIMUM} are kept in memory`,
    { method: "PATCH", url: location.href },
  );
}
