import type { IncomingMessage, ServerResponse } from "node:http";
import type { ClientRate } from "./client-rate.ts";

/** A request, its answer, and where their connection stands. */
export interface Wire {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  /** The client waits for `100 Continue` before it sends the body; false once it was told so. */
  awaitsContinue: boolean;
  /** Cuts the connection of a client that is too slow. */
  readonly rate: ClientRate;
}
