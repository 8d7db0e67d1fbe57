export type { Answer, Hook, Next, ServedRequest } from "./serve/exchange.ts";
export type { OnFailure } from "./serve/handle.ts";
export type { Route } from "./serve/route.ts";
export { type RunningServer, type ServeOptions, type ServeTls, serve } from "./serve/serve.ts";
export type { ServeLimits } from "./serve/serve-limits.ts";
