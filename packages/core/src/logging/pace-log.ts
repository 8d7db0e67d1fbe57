import type { Held } from "../pace/host-pace.ts";
import { type Logger, wants } from "./logger.ts";

/** Writes a line of level info each time that all requests to a host are held back. */
export function paceLog(logger: Logger): (host: string, held: Held) => void {
  return (host, { delayMs, ...held }) => {
    if (!wants(logger, "info")) return;
    const delay = Math.round(delayMs);
    logger.info(
      { host, delayMs: delay, ...held },
      `${host} is asked nothing for ${delay} ms, as it answered ${held.status}`,
    );
  };
}
