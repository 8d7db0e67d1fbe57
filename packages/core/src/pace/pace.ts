import type { Interceptor } from "../http/interceptor.ts";
import type { HttpRequest } from "../http/message/message.ts";
import { type Held, HostPace, type HostPaceOptions } from "./host-pace.ts";
import type { HostWaits } from "./host-waits.ts";
import type { WaitBudget } from "./wait-budget.ts";

/** How the hosts are paced that one client asks: the registry, its token service, and where redirects lead. */
export interface PaceOptions extends Omit<HostPaceOptions, "onHeld" | "waits"> {
  readonly waitBudget: WaitBudget;
  readonly onHeld?: ((host: string, held: Held) => void) | undefined;
}

/** The pace of each host that one client asks, by `host:port`. */
export class Pace {
  readonly #options: PaceOptions;
  readonly #hosts = new Map<string, HostPace>();
  /** Sends each request at the pace of its host. @throws what `HostPace.send` throws. */
  readonly intercept: Interceptor = (next) => (request) => this.of(request.url.host).send(request, next);

  constructor(options: PaceOptions) {
    this.#options = options;
  }

  /** Waits as long as the request's host wants no requests. @throws what `HostPace.pass` throws. */
  pass(request: HttpRequest): Promise<void> {
    return this.of(request.url.host).pass(request);
  }

  of(host: string): HostPace {
    const known = this.#hosts.get(host);
    if (known !== undefined) return known;
    const { onHeld, waitBudget } = this.#options;
    const waits = (): HostWaits => waitBudget.of(host);
    const pace = new HostPace({ ...this.#options, waits, onHeld: (held) => onHeld?.(host, held) });
    this.#hosts.set(host, pace);
    return pace;
  }
}
