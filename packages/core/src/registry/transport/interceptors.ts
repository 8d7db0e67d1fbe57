import { auth } from "../../auth/auth.ts";
import type { Authenticator } from "../../auth/authenticator.ts";
import { serviceRefusals } from "../../auth/service-refusals.ts";
import type { Interceptor } from "../../http/interceptor.ts";
import type { Lanes } from "../../http/lanes.ts";
import type { LocationPolicy } from "../../http/locations/location.ts";
import type { RegistryOrigin } from "../../http/locations/origin.ts";
import { redirects } from "../../http/locations/redirects.ts";
import type { HttpRequest } from "../../http/message/message.ts";
import { observe } from "../../http/observe/observe.ts";
import type { Observer } from "../../http/observe/observer.ts";
import { queue } from "../../http/queue/queue.ts";
import { replay } from "../../http/replay.ts";
import type { HostBudget } from "../../pace/host-budget.ts";
import type { Pace } from "../../pace/pace.ts";
import { refusals } from "./refusals.ts";
import { type RetryInterceptorOptions, retry } from "./retry.ts";

/** What the interceptors of one client stand on. */
export interface InterceptorParts {
  readonly retries: Omit<RetryInterceptorOptions, "hostOf">;
  /** `host:port` of the registry. */
  readonly host: string;
  readonly origin: RegistryOrigin;
  readonly locations: LocationPolicy;
  readonly budget: HostBudget | undefined;
  readonly pace: Pace;
  readonly lanesOf: (request: HttpRequest) => Lanes;
  /** Connections to one host, for each kind of traffic. */
  readonly connections: number;
  readonly observers: readonly Observer[];
  readonly closing: AbortSignal;
}

/**
 * What a request passes on its way to the lane, the first first; its response passes it in the
 * reverse order.
 */
export interface Interceptors {
  readonly toRegistry: (authenticator: Authenticator) => readonly Interceptor[];
  /** To a token service: it carries its own authorization. */
  readonly toService: readonly Interceptor[];
}

export function interceptorsOf(parts: InterceptorParts): Interceptors {
  const { retries, host, origin, locations, pace, lanesOf, connections, observers, closing } = parts;
  const cap = (): number | undefined => parts.budget?.concurrency;
  // Whoever they go to, requests to one host share these.
  const budget: Interceptor = parts.budget?.intercept ?? ((next) => next);
  const queued = queue({ connections, cap, closing, afterWait: (request) => pace.pass(request) });
  return {
    toRegistry: (authenticator) => [
      retry({ ...retries, hostOf: () => host }),
      origin.intercept,
      refusals(authenticator, origin),
      auth(authenticator, origin),
      redirects(locations),
      budget,
      pace.intercept,
      replay({ lanesOf, connections }),
      observe(observers),
      queued,
    ],
    toService: [
      retry({ ...retries, hostOf: ({ url }) => url.host }),
      serviceRefusals,
      redirects(locations),
      budget,
      pace.intercept,
      replay({ lanesOf, connections }),
      observe(observers),
      queued,
    ],
  };
}
