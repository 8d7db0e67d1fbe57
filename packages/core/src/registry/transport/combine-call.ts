import type { CallOptions } from "../../call/call-options.ts";

/** What a client says for all its calls, but for retries, which `retriesOf` combines. */
export type CallDefaults = Pick<CallOptions, "onRequest" | "onResponse" | "onExchange">;

/** The call with the functions of its client in front of its own. */
export function combineCall(client: CallDefaults, call: CallOptions): CallOptions {
  const { onRequest, onResponse, onExchange } = client;
  if (onRequest === undefined && onResponse === undefined && onExchange === undefined) return call;
  return {
    ...call,
    onRequest: combineSend(onRequest, call.onRequest),
    onResponse: inTurn(onResponse, call.onResponse),
    onExchange: inTurn(onExchange, call.onExchange),
  };
}

/** Both see the request as it was; of two headers with one name the second is sent. */
function combineSend(first: CallOptions["onRequest"], second: CallOptions["onRequest"]): CallOptions["onRequest"] {
  if (first === undefined || second === undefined) return first ?? second;
  return (request) => ({ ...lowerCased(first(request)), ...lowerCased(second(request)) });
}

function lowerCased(headers: Readonly<Record<string, string>> | undefined): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(headers ?? {}).map(([name, value]) => [name.toLowerCase(), value]));
}

function inTurn<T>(
  first: ((record: T) => void) | undefined,
  second: ((record: T) => void) | undefined,
): ((record: T) => void) | undefined {
  if (first === undefined || second === undefined) return first ?? second;
  return (record) => {
    first(record);
    second(record);
  };
}
