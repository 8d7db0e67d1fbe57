import { RegistryError } from "../../errors/errors.ts";
import type { SlowWindow } from "../message/lowest-rate.ts";
import type { HttpRequest } from "../message/message.ts";

/** A body that came more slowly than it may. */
export function tooSlow(request: HttpRequest, status: number, window: SlowWindow): RegistryError {
  const { bytes, bytesPerSecond, windowMs } = window;
  const came = `${bytes} bytes came in ${Math.round(windowMs / 1000)} s, fewer than ${bytesPerSecond} a second`;
  const advice = "minBytesPerSecond of the host (--min-rate) allows less";
  return new RegistryError("TOO_SLOW", `Cannot ${request.action()}: ${came}; ${advice}`, {
    status,
    method: request.method,
    url: request.url.href,
  });
}
