import { redactedUrl } from "../http/message/redact-query.ts";
import type { Observer } from "../http/observe/observer.ts";
import type { Shown } from "./log-options.ts";
import { type Logger, wants } from "./logger.ts";

/** A line of level debug for each request that goes by the blob lane, or was to: which lane carries its bytes, and why it is not that one. */
export function laneLog(logger: Logger, shown: Shown): Observer {
  return {
    start(request) {
      const { method, carrier } = request;
      if (carrier === undefined || !wants(logger, "debug")) return undefined;
      const { name: lane, because } = carrier;
      if (lane === "control" && because === undefined) return undefined;
      const url = redactedUrl(request.url, shown.parameters);
      const why = because === undefined ? "" : `: ${because}`;
      logger.debug({ method, url, lane }, `${method} ${url} goes by the ${lane} lane${why}`);
      return undefined;
    },
  };
}
