import type * as Api from "@opentelemetry/api";

let loading: Promise<typeof Api | undefined> | undefined;

/** `@opentelemetry/api`, looked for once and loaded where it is installed; undefined where it isn't. */
export function openTelemetry(): Promise<typeof Api | undefined> {
  loading ??= import("@opentelemetry/api").catch(() => undefined);
  return loading;
}
