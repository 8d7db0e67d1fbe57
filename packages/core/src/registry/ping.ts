import type { RegistryTransport } from "../http/request.ts";
import type { CallOptions } from "../store/store.ts";
import { explained } from "./explain.ts";

/**
 * Asks whether the host speaks the distribution API and takes our credentials. 1 request; nothing else needs it.
 * Spec: distribution-spec v1.1.1, "Determining Support" (end-1).
 * @throws {RegistryError} UNAUTHORIZED, or what came.
 */
export async function ping(client: RegistryTransport, options: CallOptions = {}): Promise<void> {
  try {
    const response = await client.request({
      method: "GET",
      path: "/v2/",
      kind: "ping",
      scopes: [],
      accept: [200],
      call: options,
    });
    await response.body.drop();
  } catch (error) {
    throw explained(error, `Cannot ping "${client.host}"`);
  }
}
