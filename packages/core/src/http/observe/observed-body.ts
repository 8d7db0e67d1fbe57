import { type LeaseReader, LentContent, leasesOf } from "../../bytes/lease.ts";
import type { ResponseBody } from "../request.ts";
import type { BodyObserver } from "./observer.ts";

/** The body of an answer that tells its observers what was read of it, and when it is over. */
export class ObservedBody extends LentContent implements ResponseBody {
  readonly #body: ResponseBody;
  readonly #observers: readonly BodyObserver[];
  #over = false;

  constructor(body: ResponseBody, observers: readonly BodyObserver[]) {
    super();
    this.#body = body;
    this.#observers = observers;
  }

  leases(): LeaseReader {
    const leases = leasesOf(this.#body);
    return {
      read: async () => {
        const lease = await this.#telling(() => leases.read());
        if (lease === undefined) this.#end();
        else this.#received(lease.bytes);
        return lease;
      },
      close: async () => {
        this.#end();
        await leases.close();
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
