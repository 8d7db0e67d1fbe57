import pLimit, { type LimitFunction } from "p-limit";

/** The slots of pushes from one registry to another: of blobs that are big, and of small ones. */
interface Route {
  readonly big: LimitFunction;
  readonly small: LimitFunction;
}

/**
 * Limits the pushes that are under way from one registry to another, each with an upload session
 * that stays open until it ends. No two registries take slots of others.
 */
export class RouteSlots {
  readonly #most: { readonly big: number; readonly small: number };
  readonly #routes = new WeakMap<object, WeakMap<object, Route>>();

  constructor(most: { readonly big: number; readonly small: number }) {
    this.#most = most;
  }

  /** Slots of the pushes from one registry to another, each known by an object of its own. */
  of(from: object, to: object, size: keyof Route): LimitFunction {
    const routes = this.#routes.get(from) ?? new WeakMap<object, Route>();
    this.#routes.set(from, routes);
    const route = routes.get(to) ?? { big: pLimit(this.#most.big), small: pLimit(this.#most.small) };
    routes.set(to, route);
    return route[size];
  }
}
