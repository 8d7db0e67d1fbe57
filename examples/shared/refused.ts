import { RegistryError } from "@tranship/core";

/** The HTTP status (4xx) with which a call is refused; 0 where it is not. What is no refusal is thrown. */
export async function refused(call: Promise<unknown>): Promise<number> {
  try {
    await call;
  } catch (error) {
    if (error instanceof RegistryError && error.status !== undefined && error.status < 500) return error.status;
    throw error;
  }
  return 0;
}
