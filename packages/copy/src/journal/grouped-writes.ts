import type { Connection } from "./connection.ts";

type Action = (connection: Connection) => void;

/** Small writes that come one after the other, made together: a transaction of its own costs several times what is in it. */
export class GroupedWrites {
  readonly #write: (action: Action) => Promise<void>;
  readonly #gather: () => Promise<unknown>;
  #actions: Action[] = [];
  /** The group that gathers. */
  #made: Promise<void> | undefined;
  readonly #underWay = new Set<Promise<void>>();

  /**
   * @param write Runs an action in one transaction. It may run twice; the first one is undone then.
   * @param gather Resolves when no more are waited for.
   */
  constructor(write: (action: Action) => Promise<void>, gather: () => Promise<unknown>) {
    this.#write = write;
    this.#gather = gather;
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
    await this.#gather();
    const actions = this.#actions;
    this.#actions = [];
    this.#made = undefined;
    await this.#write((connection) => {
      for (const action of actions) action(connection);
    });
  }
}
