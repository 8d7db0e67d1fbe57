import { RegistryError } from "@tranship/core";

/** The HTTP status with which a call is refused; 0 where it is not. What is no refusal is thrown. */
export async function refused(call: Promise<unknown>): Promise<number> {
  try {
    await call;
  } catch (error) {
    if (error instanceof RegistryError && error.status !== undefined) return error.status;
    throw error;
  }
  return 0;
}
