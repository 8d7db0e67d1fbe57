import type { Descriptor, Digest } from "@tranship/core";

/** Content on its way to a target. */
export interface Pending {
  readonly descriptor: Descriptor;
  /** Settles when it is there, with all below it. */
  readonly ready: Promise<unknown>;
  /** Sends it once more, whatever the target says that it has. */
  readonly again: () => Promise<unknown>;
}

/** What manifests wait for, by digest, which may be that of a blob and of a manifest. */
export class PendingContent {
  readonly #pending = new Map<Digest, readonly Pending[]>();

  add(pending: Pending): void {
    const { digest } = pending.descriptor;
    this.#pending.set(digest, [...(this.#pending.get(digest) ?? []), pending]);
  }

  has(digest: Digest): boolean {
    return this.#pending.has(digest);
  }

  at(digests: readonly Digest[]): readonly Pending[] {
    return digests.flatMap((digest) => this.#pending.get(digest) ?? []);
  }

  /** Waits until these are at the target, as far as they come. */
  async ready(digests: readonly Digest[]): Promise<void> {
    await Promise.all(this.at(digests).map(({ ready }) => ready));
  }
}
