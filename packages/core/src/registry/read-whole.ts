import { type ErrorCode, isRetryable, RegistryError } from "../errors/errors.ts";
import type { RegistryRequest, RegistryResponse } from "../http/request.ts";
import { retrying } from "../pace/retry.ts";
import { lengthHeader } from "./manifest-headers.ts";
import type { RemoteRegistry } from "./remote-repository.ts";
import { retriesOf } from "./transport/retries.ts";

/** An answer and its whole body. */
export interface WholeResponse extends Omit<RegistryResponse, "body"> {
  readonly bytes: Uint8Array;
}

export interface ReadWholeOptions {
  /** The longest body, in bytes. A longer one is not read to its end. */
  readonly limit: number;
  /** The code of the error for a longer one. Default PROTOCOL. */
  readonly tooLong?: ErrorCode;
  /** What allows more, for the message. */
  readonly raise?: string | undefined;
}

/**
 * Sends a GET and reads its body, again where the body breaks off; before the body the client itself tries again.
 * @throws {RegistryError} `tooLong`, or what the client throws.
 */
export async function readWhole(
  { client, retry }: RemoteRegistry,
  request: RegistryRequest,
  { limit, tooLong = "PROTOCOL", raise }: ReadWholeOptions,
): Promise<WholeResponse> {
  const retries = retriesOf(retry, request.call ?? {}, { ...request, host: client.host });
  let reading = false;
  return retrying(
    async () => {
      reading = false;
      const { body, ...response } = await client.request(request);
      reading = true;
      if ((lengthHeader(response) ?? 0) > limit) {
        await body.drop();
        throw longer(response, request, { limit, tooLong, raise });
      }
      try {
        return { ...response, bytes: await body.bytes(limit) };
      } catch (error) {
        // The body's own error for that has the status of the answer; one of the connection has none.
        const isTooLong = error instanceof RegistryError && error.code === "PROTOCOL" && error.status !== undefined;
        throw isTooLong ? longer(response, request, { limit, tooLong, raise }) : error;
      }
    },
    { ...retries, isRetryable: (error) => reading && isRetryable(error) },
  );
}

function longer(
  response: Omit<RegistryResponse, "body">,
  { method }: RegistryRequest,
  { limit, tooLong, raise }: ReadWholeOptions & { readonly tooLong: ErrorCode },
): RegistryError {
  const advice = raise === undefined ? "" : `; ${raise}`;
  return new RegistryError(tooLong, `the answer has more than ${limit} bytes${advice}`, {
    method,
    url: response.url.href,
    status: response.status,
  });
}
