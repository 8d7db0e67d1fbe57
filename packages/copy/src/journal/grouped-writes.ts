import { setTimeout as delay } from "node:timers/promises";
import type { Connection } from "./connection.ts";

/** How long a write waits for others, in ms. */
const GATHER_MS = 5;

type Action = (connection: Connection) => void;

/** Small writes that come one after the other, made together: a transaction of its own costs several times what is in it. */
export class GroupedWrites {
  readonly #write: (action: Action) => Promise<void>;
  #actions: Action[] = [];
  /** The group that gathers. */
  #made: Promise<void> | undefined;
  readonly #underWay = new Set<Promise<void>>();

  /** @param write Runs an action in one transaction. It may run twice; the first one is undone then. */
  constructor(write: (action: Action) => Promise<void>) {
    this.#write = write;
  }

  /** Resolves when the action is committed. @throws what made the transaction fail, with all of its actions. */
  add(action: Action): Promise<void> {
    this.#actions.push(action);
    this.#made ??= this.#begin();
    return this.#made;
  }

  /** Resolves when nothing waits any more, and nothing is being written. */
  async done(): Promise<void> {
    while (this.#underWay.size > 0) await Promise.allSettled(this.#underWay);
  }

  #begin(): Promise<void> {
    const made = this.#make().finally(() => this.#underWay.delete(made));
    this.#underWay.add(made);
    return made;
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
