import type { Interceptor } from "../http/interceptor.ts";
import type { RegistryOrigin } from "../http/locations/origin.ts";
import type { Authenticator } from "./authenticator.ts";

/**
 * Authenticates the requests to the registry itself. Where an upload's Location leads to another
 * host, its URL says all that the host wants to know.
 */
export function auth(authenticator: Authenticator, origin: RegistryOrigin): Interceptor {
  return (next) => (request) => (origin.isOwn(request.url) ? authenticator.authenticate(request, next) : next(request));
}
