import { statusOf } from "../registry/explain.ts";

/**
 * Does what deletes something; false where the registry says 404, be it of the thing or of its repository. Deleting what is not there is a success, as with
 * Azure's clients: who repeats a deletion whose answer was lost is not told that it failed.
 */
export async function unlessMissing(deleting: Promise<void>): Promise<boolean> {
  try {
    await deleting;
    return true;
  } catch (error) {
    if (statusOf(error) === 404) return false;
    throw error;
  }
}
