import { type Authenticator, withHint } from "../../auth/authenticator.ts";
import { RegistryError } from "../../errors/errors.ts";
import { accepted } from "../../http/errors/accepted.ts";
import type { Interceptor } from "../../http/interceptor.ts";
import type { RegistryOrigin } from "../../http/locations/origin.ts";
import type { HttpRequest, HttpResponse } from "../../http/message/message.ts";

/**
 * Turns each response whose status the request does not accept into an error; those of the registry
 * itself say what the credentials have to do with it, those of another host that it led to say whose they are.
 */
export function refusals(authenticator: Authenticator, origin: RegistryOrigin): Interceptor {
  const hinted = async (error: unknown, { scopes = [], signal }: HttpRequest): Promise<unknown> => {
    if (!(error instanceof RegistryError) || !["UNAUTHORIZED", "DENIED"].includes(error.code)) return error;
    const hint = await authenticator.hint(error, scopes, signal);
    return hint === undefined ? error : withHint(error, hint);
  };
  return (next) => async (request) => {
    let response: HttpResponse;
    try {
      response = await next(request);
    } catch (error) {
      // Of the token service too, which may be another host.
      throw await hinted(error, request);
    }
    try {
      return await accepted(response, request, request.accept ?? []);
    } catch (error) {
      const url = error instanceof RegistryError ? URL.parse(error.url) : null;
      if (error instanceof RegistryError && url !== null && !origin.isOwn(url)) throw elsewhere(error, url, origin);
      throw await hinted(error, request);
    }
  };
}

/** What a storage or CDN refuses says nothing about the credentials for the registry, which are not sent there. */
function elsewhere(error: RegistryError, url: URL, origin: RegistryOrigin): RegistryError {
  if (error.status !== 401 && error.status !== 403) return error;
  const { host } = origin.current;
  return new RegistryError(
    "DENIED",
    `${error.message}; it is ${url.host} that refuses, where ${host} led to, and it was shown no credentials for ${host}`,
    {
      cause: error.cause,
      status: error.status,
      method: error.method,
      url: error.url,
      errors: error.errors,
      ...(error.retryAfterMs === undefined ? {} : { retryAfterMs: error.retryAfterMs }),
    },
  );
}
