import type { Digest } from "@tranship/core";
import type { Inventory } from "../../inventory/inventory.ts";
import type { OnBrokenTags } from "../../inventory/open-tags.ts";
import { Relations, reach } from "../../inventory/relations.ts";

/**
 * What a target's tags lead to, read once, and only where it is needed. Memory: about 300 bytes a
 * manifest.
 */
export class TargetContent {
  readonly #read: (onBrokenTags: OnBrokenTags) => Promise<Inventory>;
  readonly #broken: string[] = [];
  #known: Promise<{ readonly inventory: Inventory; readonly relations: Relations }> | undefined;

  constructor(read: (onBrokenTags: OnBrokenTags) => Promise<Inventory>) {
    this.#read = read;
  }

  /**
   * Tags that are listed and have no manifest, as far as the content had to be read: what they need
   * is not known.
   */
  get brokenTags(): readonly string[] {
    return this.#broken;
  }

  /** The manifests. */
  async inventory(): Promise<Inventory> {
    return (await this.#content()).inventory;
  }

  /** Every manifest that stays as long as these tags do: what they stand for, what that lists, and what is about it. */
  async heldBy(isPinned: (tag: string) => boolean): Promise<ReadonlySet<Digest>> {
    const { inventory, relations } = await this.#content();
    const pinned = inventory.filter(({ tags }) => tags.some(isPinned)).map(({ digest }) => digest);
    return new Set(reach(pinned, (digest) => relations.held(digest)).keys());
  }

  #content(): Promise<{ readonly inventory: Inventory; readonly relations: Relations }> {
    this.#known ??= this.#read((tags) => this.#broken.push(...tags)).then((inventory) => ({
      inventory,
      relations: new Relations(inventory),
    }));
    return this.#known;
  }
}
