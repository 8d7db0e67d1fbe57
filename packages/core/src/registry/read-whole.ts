import { isRetryable } from "../errors.ts";
import { pauseBeforeRetry } from "./pause.ts";
import type { RegistryClient, RegistryRequest, RegistryResponse } from "./request.ts";

const MAX_ATTEMPTS = 4;

/** An answer and its whole body. */
export interface WholeResponse extends Omit<RegistryResponse, "body"> {
  readonly bytes: Uint8Array;
}

/**
 * Sends a GET and reads its body, again where the body breaks off; before the body the client itself tries again.
 * @param limit The longest body, in bytes.
 * @throws {RegistryError} PROTOCOL for a longer one, read no further.
 */
export async function readWhole(
  client: RegistryClient,
  request: RegistryRequest,
  limit: number,
): Promise<WholeResponse> {
  for (let attempt = 1; ; attempt += 1) {
    const { body, ...response } = await client.request(request);
    try {
      return { ...response, bytes: await body.bytes(limit) };
    } catch (error) {
      request.signal?.throwIfAborted();
      if (!isRetryable(error) || attempt === MAX_ATTEMPTS) throw error;
      await pauseBeforeRetry(attempt, error, request.signal);
    }
  }
}
