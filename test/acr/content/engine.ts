import type { Answer, Next, Route, ServedRequest } from "tranship";
import { bodyOf } from "../body.ts";

/** Asks the registry below for something that the client did not ask for in this request. */
export function askEngine(next: Next, request: ServedRequest, method: string, route: Route): Promise<Answer> {
  return next({
    ...request,
    method,
    route,
    query: new URLSearchParams(),
    headers: {},
    body: bodyOf(new Uint8Array(0)),
  });
}
