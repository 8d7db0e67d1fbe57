/** Small blobs that are on their way to a host, from whatever source. */
export class ComingBlobs {
  #pending = 0;
  #first: PromiseWithResolvers<void> | undefined;

  /** Settles when one of them was sent, or none is under way any more; undefined where none is. */
  get first(): Promise<void> | undefined {
    return this.#first?.promise;
  }

  add(pushing: Promise<unknown>): void {
    this.#pending += 1;
    const first = this.#first ?? Promise.withResolvers<void>();
    this.#first = first;
    const ended = (): void => {
      this.#pending -= 1;
      if (this.#pending > 0) return;
      this.#first = undefined;
      first.resolve();
    };
    // One that is slow does not keep from using another one.
    pushing.then(() => {
      first.resolve();
      ended();
    }, ended);
  }
}
