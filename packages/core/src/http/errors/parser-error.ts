import { codeOf } from "./error-code.ts";

/** Errors of undici's parser have a name, those of node:http a code. */
export function isParserError(cause: unknown): boolean {
  if (cause instanceof Error && cause.name === "HTTPParserError") return true;
  const code = codeOf(cause);
  return code.startsWith("HPE_") && code !== "HPE_HEADER_OVERFLOW";
}

/** undici takes no `100 Continue`, since it never asks for one (undici, lib/dispatcher/client-h1.js). */
export function isUnaskedContinue(cause: unknown): boolean {
  return (
    codeOf(cause) === "UND_ERR_SOCKET" && cause instanceof Error && /^bad (?:response|upgrade)$/.test(cause.message)
  );
}
