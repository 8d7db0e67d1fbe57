import type { ResponseBody } from "../registry/request.ts";
import type { BodyObserver } from "./observer.ts";

/** The body of an answer that tells its observers what was read of it, and when it is over. */
export class ObservedBody implements ResponseBody {
  readonly #body: ResponseBody;
  readonly #observers: readonly BodyObserver[];
  #over = false;

  constructor(body: ResponseBody, observers: readonly BodyObserver[]) {
    this.#body = body;
    this.#observers = observers;
  }

  [Symbol.asyncIterator](): AsyncIterator<Uint8Array> {
    const pieces = this.#body[Symbol.asyncIterator]();
    return {
      next: async () => {
        const next = await this.#telling(() => pieces.next());
        if (next.done === true) this.#end();
        else this.#received(next.value);
        return next;
      },
      return: async () => {
        this.#end();
        return (await pieces.return?.()) ?? { done: true, value: undefined };
      },
    };
  }

  async bytes(limit: number): Promise<Uint8Array> {
    const bytes = await this.#telling(() => this.#body.bytes(limit));
    this.#received(bytes);
    this.#end();
    return bytes;
  }

  async drop(): Promise<void> {
    await this.#body.drop();
    this.#end();
  }

  async #telling<T>(read: () => Promise<T>): Promise<T> {
    try {
      return await read();
    } catch (error) {
      this.#end({ error });
      throw error;
    }
  }

  #received(piece: Uint8Array): void {
    for (const observer of this.#observers) observer.received?.(piece);
  }

  #end(failure?: { readonly error: unknown }): void {
    if (this.#over) return;
    this.#over = true;
    for (const observer of this.#observers) observer.ended(failure?.error);
  }
}
