import { type ErrorCode, IncompleteListError, RegistryError } from "../errors/errors.ts";

/**
 * The registry's error with what was being done in front: `Cannot push blob "sha256:6c3c…" to "r.example/app": DETAIL (416)`.
 * Status, list of errors and time to wait are kept, the original is the `cause`. What is no RegistryError comes back as it is.
 * @param code In the place of the error's own.
 */
export function explained(error: unknown, action: string, code?: ErrorCode): unknown {
  if (!(error instanceof RegistryError)) return error;
  const message = `${action}: ${detailOf(error)}`;
  const init = {
    cause: error,
    method: error.method,
    url: error.url,
    errors: error.errors,
    ...(error.status === undefined ? {} : { status: error.status }),
    ...(error.retryAfterMs === undefined ? {} : { retryAfterMs: error.retryAfterMs }),
  };
  if (error instanceof IncompleteListError) return new IncompleteListError(message, init);
  return new RegistryError(code ?? error.code, message, init);
}

/** The client's message without what the client was doing: the step knows better, but of a token it doesn't know. */
function detailOf(error: RegistryError): string {
  if (/^Cannot (?:get a token|exchange the Entra token) /.test(error.message)) return error.message.replace(/^C/, "c");
  return error.message.replace(/^Cannot (?:"[^"]*"|[^":]|:(?! ))*: /, "");
}

/** The HTTP status of a registry's answer; undefined where there was none. */
export function statusOf(error: unknown): number | undefined {
  return error instanceof RegistryError ? error.status : undefined;
}
