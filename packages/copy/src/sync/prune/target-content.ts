import type { Digest } from "@tranship/core";
import type { Inventory } from "../../inventory/inventory.ts";
import { Relations, reach } from "../../inventory/relations.ts";

/** What a target's tags lead to, read once, and only where something asks. Memory: about 300 bytes a manifest. */
export class TargetContent {
  readonly #read: () => Promise<Inventory>;
  #known: Promise<{ readonly inventory: Inventory; readonly relations: Relations }> | undefined;

  constructor(read: () => Promise<Inventory>) {
    this.#read = read;
  }

  /** Every manifest that stays as long as these tags do: what they stand for, what that lists, and what is about it. */
  async heldBy(isPinned: (tag: string) => boolean): Promise<ReadonlySet<Digest>> {
    this.#known ??= this.#read().then((inventory) => ({ inventory, relations: new Relations(inventory) }));
    const { inventory, relations } = await this.#known;
    const pinned = inventory.filter(({ tags }) => tags.some(isPinned)).map(({ digest }) => digest);
    return new Set(reach(pinned, (digest) => relations.held(digest)).keys());
  }
}
