import { StoreError } from "../errors/errors.ts";

/** An error as a log line has it. The message of a StoreError holds no secret; of others, as the reason of an abort, only the name is shown. */
export function describeError(error: unknown): {
  readonly name: string;
  readonly code?: string;
  readonly message?: string;
} {
  if (error instanceof StoreError) return { name: error.name, code: error.code, message: error.message };
  return { name: error instanceof Error ? error.name : typeof error };
}
