import type * as Api from "@opentelemetry/api";

/** Where a tracing setup registers itself with `@opentelemetry/api` 1.x, whichever copy of it. */
const REGISTRY = Symbol.for("opentelemetry.js.api.1");

let loading: Promise<typeof Api | undefined> | undefined;

/**
 * `@opentelemetry/api`, looked for once and loaded where it is installed. Undefined, and not looked for, as long as no tracing is set up in this
 * process: without it there is nobody to tell, and loading it takes as long as a few hundred requests.
 */
export function openTelemetry(): Promise<typeof Api | undefined> | undefined {
  if (!(REGISTRY in globalThis)) return undefined;
  loading ??= import("@opentelemetry/api").catch(() => undefined);
  return loading;
}
