import type { HttpRequest, HttpResponse } from "../message/message.ts";
import { ObservedBody } from "./observed-body.ts";
import type { BodyObserver, Observation, Observer } from "./observer.ts";

/** All who look at one request, as one. */
export class Observed {
  /** The request with the headers that were added. */
  readonly request: HttpRequest;
  readonly #observations: readonly Observation[];

  private constructor(request: HttpRequest, observations: readonly Observation[]) {
    this.request = request;
    this.#observations = observations;
  }

  /** Starts one after the other: each sees the headers that those before it added. Undefined where nobody looks, which is the usual case and takes no time. */
  static start(observers: readonly Observer[], request: HttpRequest): Promise<Observed> | undefined {
    for (const [at, observer] of observers.entries()) {
      const first = observer.start(request);
      if (first !== undefined) return Observed.#start(first, observers.slice(at + 1), request);
    }
    return undefined;
  }

  static async #start(
    first: ReturnType<Observer["start"]>,
    others: readonly Observer[],
    request: HttpRequest,
  ): Promise<Observed> {
    let current = request;
    const observations: Observation[] = [];
    const take = (observation: Observation | undefined): void => {
      if (observation === undefined) return;
      observations.push(observation);
      const { headers } = observation;
      if (headers !== undefined) current = { ...current, headers: { ...current.headers, ...headers } };
    };
    take(await first);
    for (const observer of others) take(await observer.start(current));
    return new Observed(current, observations);
  }

  sent(content: Uint8Array | undefined): void {
    for (const observation of this.#observations) observation.sent?.(content);
  }

  failed(error: unknown): void {
    for (const observation of this.#observations) observation.failed?.(error);
  }

  /** Tells of the answer; gives it with a body that tells what becomes of it. @throws what one of them throws, the body dropped. */
  async answered(response: HttpResponse): Promise<HttpResponse> {
    const watching: BodyObserver[] = [];
    const watched = (): HttpResponse =>
      watching.length === 0 ? response : { ...response, body: new ObservedBody(response.body, watching) };
    // The last first: hooks, which may throw, come when log and traces were told.
    for (const observation of this.#observations.toReversed()) {
      try {
        const watcher = observation.answered?.(response);
        if (watcher !== undefined) watching.push(watcher);
      } catch (error) {
        await watched().body.drop();
        throw error;
      }
    }
    return watched();
  }
}
