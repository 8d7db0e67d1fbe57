import type { IncomingMessage, Server, ServerResponse } from "node:http";
import type { Duplex } from "node:stream";
import type { LowestRateOptions } from "@tranship/core";
import { BROWSER_HEADERS } from "../browsers/browser-rules.ts";
import { refuseMalformed } from "../browsers/refuse-malformed.ts";
import { ApiError, errorAnswer } from "./api-error.ts";
import { ClientRate } from "./client-rate.ts";
import { sendAnswer } from "./send-answer.ts";
import type { Wire } from "./wire.ts";

/** Requests that a client may have sent on a connection before the first of them is answered. */
const MAX_PIPELINED = 32;

/** The request under way on a connection, and how many wait for it. */
interface Turn {
  readonly done: Promise<void>;
  waiting: number;
}

/**
 * Has a server's requests handled, those of one connection one after another: else one client could have thousands of
 * files opened by requests that it sends without reading a response.
 * @param handle Answers one request. Never rejects.
 * @returns the requests under way.
 */
export function takeRequests(
  server: Server,
  lowestRate: LowestRateOptions,
  handle: (wire: Wire) => Promise<void>,
): ReadonlySet<Promise<void>> {
  const running = new Set<Promise<void>>();
  const turns = new WeakMap<Duplex, Turn>();
  const take = (wire: Wire): void => {
    const { socket } = wire.request;
    wire.response.once("close", () => wire.rate[Symbol.dispose]());
    for (const [name, value] of Object.entries(BROWSER_HEADERS)) wire.response.setHeader(name, value);
    // The body's reader throws it; without a listener it would end the process.
    wire.request.on("error", () => undefined);
    wire.response.on("error", () => undefined);
    const before = turns.get(socket);
    if (before !== undefined && before.waiting >= MAX_PIPELINED) {
      socket.destroy();
      return;
    }
    const handled = before === undefined ? handle(wire) : before.done.then(() => handleIfOpen(wire, handle));
    const turn: Turn = { done: handled, waiting: before === undefined ? 0 : before.waiting + 1 };
    turns.set(socket, turn);
    running.add(handled);
    void handled.finally(() => {
      running.delete(handled);
      const last = turns.get(socket);
      if (last === turn) turns.delete(socket);
      else if (last !== undefined) last.waiting -= 1;
    });
  };
  const newWire = (request: IncomingMessage, response: ServerResponse, awaitsContinue: boolean): Wire => {
    const rate = new ClientRate(lowestRate, () => request.socket.destroy());
    return { request, response, awaitsContinue, rate };
  };
  const takeAs = (awaitsContinue: boolean) => (request: IncomingMessage, response: ServerResponse) =>
    take(newWire(request, response, awaitsContinue));
  server.on("request", takeAs(false));
  server.on("checkContinue", takeAs(true));
  server.on("checkExpectation", (request, response) => refuseExpectation(newWire(request, response, true)));
  server.on("clientError", (error: NodeJS.ErrnoException, socket: Duplex) =>
    refuseMalformed(error, socket, turns.has(socket)),
  );
  return running;
}

/** The client may have left while the request waited; its `close` event has passed then. */
async function handleIfOpen(wire: Wire, handle: (wire: Wire) => Promise<void>): Promise<void> {
  if (!wire.request.socket.destroyed) await handle(wire);
}

function refuseExpectation(wire: Wire): void {
  for (const [name, value] of Object.entries(BROWSER_HEADERS)) wire.response.setHeader(name, value);
  const message = "Cannot serve the request: only the expectation 100-continue is understood";
  void sendAnswer(errorAnswer(new ApiError(417, "UNSUPPORTED", message)), wire);
}
