import type { HttpRequest, HttpResponse } from "./message.ts";
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

  /** Starts one after the other: each sees the headers that those before it added. */
  static async start(observers: readonly Observer[], request: HttpRequest): Promise<Observed> {
    let current = request;
    const observations: Observation[] = [];
    for (const observer of observers) {
      const observation = await observer.start(current);
      if (observation === undefined) continue;
      observations.push(observation);
      const { headers } = observation;
      if (headers !== undefined) current = { ...current, headers: { ...current.headers, ...headers } };
    }
    return new Observed(current, observations);
  }

  sent(content: Uint8Array | undefined): void {
    if (content === undefined) return;
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
