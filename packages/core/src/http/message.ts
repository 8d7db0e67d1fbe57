import type { RegistryRequest, RegistryResponse } from "../registry/request.ts";

/** One HTTP request as it goes over the wire, to any host: the registry, its token service, or where a redirect leads. */
export interface HttpRequest
  extends Pick<RegistryRequest, "kind" | "body" | "contentLength" | "headersTimeoutMs" | "signal" | "onRequest"> {
  readonly method: RegistryRequest["method"];
  readonly url: URL;
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string>>;
  /** What messages say could not be done: `read manifest "latest" from "r.example/app"`. */
  readonly action: string;
}

/** Its answer; the body is not read yet. */
export type HttpResponse = RegistryResponse;

/** What sends one request and reads the head of its answer. */
export type Send = (request: HttpRequest) => Promise<HttpResponse>;
