import type { RegistryRequest, RegistryResponse } from "../../../http/request.ts";
import type { CallOptions } from "../../../store/store.ts";
import { pushScope, type RemoteRepository } from "../../remote-repository.ts";
import type { OutgoingPart } from "../content/outgoing.ts";
import type { UploadSession } from "./upload-session.ts";

/** One request to an open upload. */
export interface UploadRequest
  extends Pick<RegistryRequest, "accept" | "headers" | "headersTimeoutMs" | "keptSlots" | "asksFirst"> {
  readonly method: "GET" | "PATCH" | "PUT" | "DELETE";
  /** Default: the session's Location. */
  readonly url?: URL | undefined;
  /** The body. */
  readonly part?: OutgoingPart | undefined;
}

/**
 * Sends one request to an upload, which is repeated for a GET and a DELETE only, and moves the session on to the Location of the answer.
 * @throws {ContentFailure} where the content could not be read, or is wrong. @throws {RegistryError} what the registry refused.
 */
export async function askUpload(
  repository: RemoteRepository,
  session: UploadSession,
  { method, url = session.location, part, headers, ...request }: UploadRequest,
  options: CallOptions = {},
): Promise<RegistryResponse> {
  const { client, name } = repository;
  try {
    const response = await client.request({
      ...request,
      method,
      path: url,
      kind: "upload",
      scopes: [pushScope(name)],
      ...(part === undefined
        ? {}
        : {
            headers: { "content-type": "application/octet-stream", ...headers },
            body: () => part.body(),
            contentLength: part.length,
          }),
      retry: method === "GET" || method === "DELETE",
      call: options,
    });
    await response.body.drop();
    const location = response.headers["location"];
    if (location !== undefined && (method === "PATCH" || method === "GET")) {
      session.location = client.resolveLocation(location, response.url);
    }
    return response;
  } catch (error) {
    throw part?.failure ?? error;
  }
}
