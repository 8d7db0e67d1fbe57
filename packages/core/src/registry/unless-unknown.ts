import { statusOf } from "./explain.ts";

/** Undefined for what went while it was looked at, and for what an index names and the registry has not (404). */
export async function unlessUnknown<T>(reading: Promise<T>): Promise<T | undefined> {
  try {
    return await reading;
  } catch (error) {
    if (statusOf(error) === 404) return undefined;
    throw error;
  }
}
