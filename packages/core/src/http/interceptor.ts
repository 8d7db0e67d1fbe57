import type { Send } from "./message/message.ts";

/**
 * Wraps a `Send`, as an interceptor of undici wraps `dispatch`: it acts before the request is sent,
 * on its response, in its place, or sends it several times.
 * It has the form of a promise, not that of undici's handlers: most interceptors wait (for a token,
 * a turn, another try), and the bodies are lent from slabs, of which `onResponseData` would copy
 * each piece.
 */
export type Interceptor = (next: Send) => Send;

/**
 * Puts the interceptors around `send`: a request passes them in the order of the list, its response
 * in the reverse order.
 */
export function compose(send: Send, interceptors: readonly Interceptor[]): Send {
  return interceptors.reduceRight((next, interceptor) => interceptor(next), send);
}
