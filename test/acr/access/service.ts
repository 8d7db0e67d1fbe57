import type { ServedRequest } from "tranship";

/** The server's name as the client knows it, `127.0.0.1:5000`: what tokens are for, and what documents call the registry. */
export function serviceOf({ headers }: ServedRequest): string {
  return headers["host"] ?? "";
}
