import { hooks } from "../../http/observe/hooks.ts";
import type { Observer } from "../../http/observe/observer.ts";
import { bodyLog } from "../../logging/body-log.ts";
import { laneLog } from "../../logging/lane-log.ts";
import { shownBy } from "../../logging/log-options.ts";
import { requestLog } from "../../logging/request-log.ts";
import { requestSpans } from "../../tracing/request-spans.ts";
import type { RegistryTransportOptions } from "./transport-options.ts";

/** Who looks at the requests of a client: hooks first, since they add headers that log lines show. */
export function observersOf(options: RegistryTransportOptions, hostname: string): readonly Observer[] {
  const { logger, logging = {}, tracing = true } = options;
  const observers: Observer[] = [hooks];
  if (tracing) observers.push(requestSpans(hostname));
  if (logger !== undefined) {
    const shown = shownBy(logging);
    observers.push(laneLog(logger, shown), requestLog(logger, shown), bodyLog(logger, shown));
  }
  return observers;
}
