import { StoreError } from "@tranship/core";
import { withoutUsers } from "./without-users.ts";

/** What the user has to change before anything can start: exit code 2. */
export class UsageError extends Error {
  /** What JSON output says. */
  readonly code: string = "USAGE";

  constructor(message: string, options?: { readonly cause?: unknown }) {
    super(withoutUsers(message), options);
    this.name = "UsageError";
  }
}

/**
 * Runs what reads the user's input: what it finds wrong with it becomes a UsageError with the same message.
 * @throws {UsageError} in the place of SyntaxError, RangeError and StoreError; others pass.
 */
export async function readingInput<T>(read: () => T | Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof RangeError || error instanceof StoreError) {
      throw new UsageError(error.message, { cause: error });
    }
    throw error;
  }
}
