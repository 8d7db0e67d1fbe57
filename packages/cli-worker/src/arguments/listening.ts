import { readingInput, UsageError } from "../errors/usage-error.ts";

/** Starts what listens at an address. @throws {UsageError} where that is refused, with the reason. */
export async function listening<T>(start: () => Promise<T>, address: string): Promise<T> {
  try {
    return await readingInput(start);
  } catch (error) {
    const reason = error instanceof Error && "code" in error ? REASONS[String(error.code)] : undefined;
    if (reason === undefined) throw error;
    throw new UsageError(`Cannot listen at ${address}: ${reason}`, { cause: error });
  }
}

const REASONS: Readonly<Record<string, string>> = {
  EADDRINUSE: "another program does",
  EACCES: "a port below 1024 needs rights that this user lacks",
  EADDRNOTAVAIL: "this machine has no such address",
  ENOTFOUND: "there is no such host",
};
