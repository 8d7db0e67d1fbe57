import { type ErrorCode, StoreError } from "@tranship/core";
import type { Answer } from "./exchange.ts";

/** A refusal that the client is told of. Spec: distribution-spec v1.1.1, "Error Codes". */
export class ApiError extends Error {
  readonly status: number;
  readonly code: ErrorCode;
  readonly headers: Readonly<Record<string, string>>;

  constructor(status: number, code: ErrorCode, message: string, headers: Readonly<Record<string, string>> = {}) {
    super(message);
    this.name = "ApiError";
    this.status = status;
    this.code = code;
    this.headers = headers;
  }
}

/** What is missing in a layout, or damaged. The messages name the repository; those of other codes name the server's files. */
const STATUS_OF: Readonly<Record<string, number>> = {
  MANIFEST_UNKNOWN: 404,
  BLOB_UNKNOWN: 404,
  DIGEST_MISMATCH: 500,
  SIZE_MISMATCH: 500,
  MANIFEST_INVALID: 500,
  MANIFEST_UNSUPPORTED: 500,
  MANIFEST_TOO_LARGE: 500,
};

/** The answer for what an endpoint threw: its refusal, or 500 for what went wrong with the folder. */
export function errorAnswer(error: unknown): Answer {
  if (error instanceof ApiError) return refusal(error.status, error.code, error.message, error.headers);
  if (error instanceof StoreError) {
    const status = STATUS_OF[error.code];
    if (status !== undefined) return refusal(status, error.code, error.message);
    return refusal(
      500,
      error.code,
      "Cannot serve the request: the folder of the repository is damaged or cannot be used; the server says more on its own stderr",
    );
  }
  return refusal(500, "UNKNOWN", `Cannot serve the request: ${systemCode(error) ?? "internal error"}`);
}

/** The code of a system error (`ENOENT`, `ENOSPC`), undefined for another one. */
export function systemCode(error: unknown): string | undefined {
  if (!(error instanceof Error) || !("code" in error)) return undefined;
  return typeof error.code === "string" ? error.code : undefined;
}

function refusal(
  status: number,
  code: string,
  message: string,
  headers: Readonly<Record<string, string>> = {},
): Answer {
  return {
    status,
    headers: { "content-type": "application/json", ...headers },
    body: JSON.stringify({ errors: [{ code, message }] }),
  };
}
