import type { Digest } from "@tranship/core";
import type { Inventory } from "../../inventory/inventory.ts";
import type { OnBrokenTags } from "../../inventory/open-tags.ts";
import { Relations, reach } from "../../inventory/relations.ts";

/** What a target's tags lead to, read once, and only where something asks. Memory: about 300 bytes a manifest. */
export class TargetContent {
  readonly #read: (onBrokenTags: OnBrokenTags) => Promise<Inventory>;
  readonly #broken: string[] = [];
  #known: Promise<{ readonly inventory: Inventory; readonly relations: Relations }> | undefined;

  constructor(read: (onBrokenTags: OnBrokenTags) => Promise<Inventory>) {
    this.#read = read;
  }

  /** Tags that are listed and have no manifest, as far as `heldBy` had to read: what they need is not known. */
  get brokenTags(): readonly string[] {
    return this.#broken;
  }

  /** Every manifest that stays as long as these tags do: what they stand for, what that lists, and what is about it. */
  async heldBy(isPinned: (tag: string) => boolean): Promise<ReadonlySet<Digest>> {
    this.#known ??= this.#read((tags) => this.#broken.push(...tags)).then((inventory) => ({
      inventory,
      relations: new Relations(inventory),
    }));
    const { inventory, relations } = await this.#known;
    const pinned = inventory.filter(({ tags }) => tags.some(isPinned)).map(({ digest }) => digest);
    return new Set(reach(pinned, (digest) => relations.held(digest)).keys());
  }
}
