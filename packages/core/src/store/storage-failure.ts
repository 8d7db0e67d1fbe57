import { getSystemErrorMessage } from "node:util";
import { StoreError } from "../errors/errors.ts";
import { quoted } from "../text/quoted.ts";

/** Runs a step that writes to a disk. @throws {StoreError} STORAGE for what the operating system refuses; all else passes. */
export function writing<T>(name: string, step: () => Promise<T>): Promise<T> {
  return step().catch((error: unknown) => {
    throw storageFailure(`write to ${quoted(name)}`, error);
  });
}

/** As `writing`, for a step that reads. */
export function reading<T>(name: string, step: () => Promise<T>): Promise<T> {
  return step().catch((error: unknown) => {
    throw storageFailure(`read from ${quoted(name)}`, error);
  });
}

/**
 * The system's refusal as one line: `Cannot write to "oci:/mnt/usb": no space left on device (ENOSPC)`. Its own message names files that the user never did.
 * What is no refusal of the system is given back as it is.
 */
export function storageFailure(action: string, error: unknown): unknown {
  if (!(error instanceof Error && "syscall" in error && "errno" in error && "code" in error)) return error;
  const { code, errno } = error;
  if (typeof code !== "string" || typeof errno !== "number") return error;
  return new StoreError("STORAGE", `Cannot ${action}: ${getSystemErrorMessage(errno)} (${code})`, { cause: error });
}
