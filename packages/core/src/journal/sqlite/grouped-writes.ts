import type { Connection } from "../state/connection.ts";

type Action = (connection: Connection) => void;

/** How long what may be written soon waits for others, in ms. */
const SOON_MS = 5;

/** What becomes one transaction. */
interface Group {
  readonly actions: Action[];
  readonly written: PromiseWithResolvers<void>;
  next?: NodeJS.Immediate;
  soon?: NodeJS.Timeout;
}

/** Small writes that come one after the other, made together, in their order: a transaction of its own costs several times what is in it. */
export class GroupedWrites {
  readonly #write: (action: Action) => Promise<void>;
  /** The group that gathers. */
  #group: Group | undefined;
  readonly #underWay = new Set<Promise<void>>();

  /** @param write Runs an action in one transaction. It may run twice; the first one is undone then. */
  constructor(write: (action: Action) => Promise<void>) {
    this.#write = write;
  }

  /**
   * With what else comes in this turn of the event loop, and all that waits already. Resolves when the action is committed.
   * @throws what made the transaction fail, with all of its actions.
   */
  next(action: Action): Promise<void> {
    const group = this.#with(action);
    group.next ??= setImmediate(() => this.#make(group));
    return group.written.promise;
  }

  /** With what is written next; in 5 ms at the latest. Otherwise as `next`. */
  soon(action: Action): Promise<void> {
    const group = this.#with(action);
    group.soon ??= setTimeout(() => this.#make(group), SOON_MS);
    return group.written.promise;
  }

  /** Resolves when nothing waits any more, and nothing is being written. */
  async done(): Promise<void> {
    while (this.#group !== undefined || this.#underWay.size > 0) {
      if (this.#group !== undefined) this.#make(this.#group);
      await Promise.allSettled(this.#underWay);
    }
  }

  #with(action: Action): Group {
    this.#group ??= { actions: [], written: Promise.withResolvers() };
    this.#group.actions.push(action);
    return this.#group;
  }

  #make(group: Group): void {
    clearImmediate(group.next);
    clearTimeout(group.soon);
    this.#group = undefined;
    const { resolve, reject, promise } = group.written;
    this.#underWay.add(promise);
    void this.#write((connection) => {
      for (const action of group.actions) action(connection);
    })
      .then(resolve, reject)
      .finally(() => this.#underWay.delete(promise));
  }
}
