import type { Interceptor } from "../http/interceptor.ts";
import type { Lanes } from "../http/lanes.ts";
import type { LocationPolicy } from "../http/location.ts";
import type { HttpRequest } from "../http/message.ts";
import { observe } from "../http/observe.ts";
import type { Observer } from "../http/observer.ts";
import type { RegistryOrigin } from "../http/origin.ts";
import { redirects } from "../http/redirects.ts";
import { replay } from "../http/replay.ts";
import type { HostBudget } from "../pace/host-budget.ts";
import type { Pace } from "../pace/pace.ts";
import { auth } from "./auth/auth.ts";
import type { Authenticator } from "./auth/authenticator.ts";
import { serviceRefusals } from "./auth/service-refusals.ts";
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
  /** Connections to one host. */
  readonly connections: number;
  readonly observers: readonly Observer[];
}

/**
 * What a request to the registry passes on its way to the lane; its response passes it in the
 * reverse order.
 */
export function registryInterceptors(parts: InterceptorParts, authenticator: Authenticator): readonly Interceptor[] {
  const { retries, host, origin } = parts;
  return [
    retry({ ...retries, hostOf: () => host }),
    origin.intercept,
    refusals(authenticator, origin),
    auth(authenticator, origin),
    ...hostInterceptors(parts),
  ];
}

/** What a request to a token service passes: it carries its own authorization. */
export function serviceInterceptors(parts: InterceptorParts): readonly Interceptor[] {
  return [retry({ ...parts.retries, hostOf: ({ url }) => url.host }), serviceRefusals, ...hostInterceptors(parts)];
}

/** What a request passes whichever host it goes to. */
function hostInterceptors(parts: InterceptorParts): readonly Interceptor[] {
  const { locations, budget, pace, lanesOf, connections, observers } = parts;
  return [
    redirects(locations),
    ...(budget === undefined ? [] : [budget.intercept]),
    pace.intercept,
    replay({ lanesOf, connections }),
    observe(observers),
  ];
}
