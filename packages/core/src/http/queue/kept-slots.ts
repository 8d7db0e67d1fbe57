import type { HostSlots } from "./host-slots.ts";

/**
 * The slots that the parts of one upload keep from one to the next. Their content stays open
 * between them: a part that waited for a slot would hold the connection and the memory of its
 * source, and whoever has the slot may be waiting for just these.
 */
export class KeptSlots {
  readonly #kept = new Set<HostSlots>();
  readonly #onRelease: () => void;

  /** @param onRelease Closes what must not stay open while the next part waits. */
  constructor(onRelease: () => void) {
    this.#onRelease = onRelease;
  }

  has(slots: HostSlots): boolean {
    return this.#kept.has(slots);
  }

  /** Keeps a slot that was taken. */
  keep(slots: HostSlots): void {
    this.#kept.add(slots);
  }

  /** Releases them: at the end, and before a long wait. */
  release(): void {
    this.#onRelease();
    for (const slots of this.#kept) slots.release();
    this.#kept.clear();
  }
}
