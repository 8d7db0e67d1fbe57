import type { Dispatcher } from "undici";
import type { Route } from "../message/route.ts";

/** How the requests to one origin go. */
export interface Way {
  readonly origin: string;
  readonly route: Route;
  /** Made when first needed. */
  readonly dispatcher: Dispatcher;
}
