import { RegistryError } from "../errors.ts";
import { accepted } from "../http/accepted.ts";
import type { Interceptor } from "../http/interceptor.ts";
import type { RegistryOrigin } from "../http/origin.ts";
import { type Authenticator, withHint } from "./auth/authenticator.ts";

/**
 * Turns each response whose status the request does not accept into an error; those of the registry
 * itself say what the credentials have to do with it.
 */
export function refusals(authenticator: Authenticator, origin: RegistryOrigin): Interceptor {
  return (next) => async (request) => {
    const { url, scopes = [], accept = [], signal } = request;
    try {
      return await accepted(await next(request), request, accept);
    } catch (error) {
      if (!(error instanceof RegistryError) || !["UNAUTHORIZED", "DENIED"].includes(error.code)) throw error;
      const hint = origin.isOwn(url) ? await authenticator.hint(error, scopes, signal) : undefined;
      throw hint === undefined ? error : withHint(error, hint);
    }
  };
}
