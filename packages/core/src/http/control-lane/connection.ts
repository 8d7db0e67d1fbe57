import { Client, type Dispatcher } from "undici";
import { type ConnectionHistory, Exchange } from "./exchange.ts";

/** One connection of a pool, which tells each exchange whether it has answered before. */
export class Connection extends Client {
  readonly #history: ConnectionHistory = { answered: false };

  constructor(url: string | URL, options?: Client.Options) {
    super(url, options);
    this.on("connect", () => {
      this.#history.answered = false;
    });
  }

  override dispatch(options: Dispatcher.DispatchOptions, handler: Dispatcher.DispatchHandler): boolean {
    if (handler instanceof Exchange) handler.carriedBy(this.#history);
    return super.dispatch(options, handler);
  }
}
