interface Flight<T> {
  readonly promise: Promise<T>;
  readonly controller: AbortController;
  waiting: number;
  settled: boolean;
}

/** Work that many ask for at once and that is done once. */
export class SingleFlight<T> {
  readonly #flights = new Map<string, Flight<T>>();

  /**
   * Joins the work under this key, or starts it. It is aborted when the last of those who wait for it has given up.
   * @throws what the work throws; the signal's reason, for this caller alone.
   */
  async run(key: string, task: (signal: AbortSignal) => Promise<T>, signal?: AbortSignal): Promise<T> {
    signal?.throwIfAborted();
    const flight = this.#flights.get(key) ?? this.#start(key, task);
    flight.waiting += 1;
    const { promise: aborted, reject } = Promise.withResolvers<never>();
    const onAbort = (): void => reject(signal?.reason);
    signal?.addEventListener("abort", onAbort, { once: true });
    // The work itself may have aborted it while it started.
    if (signal?.aborted) onAbort();
    try {
      return await Promise.race([flight.promise, aborted]);
    } finally {
      signal?.removeEventListener("abort", onAbort);
      flight.waiting -= 1;
      if (flight.waiting === 0 && !flight.settled) {
        this.#forget(key, flight);
        flight.controller.abort(signal?.reason);
        // Nothing runs on after the promise settled.
        await flight.promise.catch(() => {});
      }
    }
  }

  #start(key: string, task: (signal: AbortSignal) => Promise<T>): Flight<T> {
    const controller = new AbortController();
    const flight: Flight<T> = { promise: task(controller.signal), controller, waiting: 0, settled: false };
    const forget = (): void => {
      flight.settled = true;
      this.#forget(key, flight);
    };
    flight.promise.then(forget, forget);
    this.#flights.set(key, flight);
    return flight;
  }

  #forget(key: string, flight: Flight<T>): void {
    if (this.#flights.get(key) === flight) this.#flights.delete(key);
  }
}
