import { setTimeout as delay } from "node:timers/promises";
import type { Connection } from "./connection.ts";

/** How long a write waits for others, in ms. */
const GATHER_MS = 5;

type Action = (connection: Connection) => void;

/** Small writes that come one after the other, made together: a transaction of its own costs several times what is in it. */
export class GroupedWrites {
  readonly #write: (action: Action) => Promise<void>;
  #actions: Action[] = [];
  #made: Promise<void> | undefined;

  /** @param write Runs an action in one transaction. It may run twice; the first one is undone then. */
  constructor(write: (action: Action) => Promise<void>) {
    this.#write = write;
  }

  /** Resolves when the action is committed. @throws what made the transaction fail, with all of its actions. */
  add(action: Action): Promise<void> {
    this.#actions.push(action);
    this.#made ??= this.#make();
    return this.#made;
  }

  /** Resolves when nothing waits any more. */
  async done(): Promise<void> {
    while (this.#made !== undefined) await this.#made.catch(() => {});
  }

  async #make(): Promise<void> {
    await delay(GATHER_MS);
    const actions = this.#actions;
    this.#actions = [];
    this.#made = undefined;
    await this.#write((connection) => {
      for (const action of actions) action(connection);
    });
  }
}
