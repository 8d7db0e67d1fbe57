/** A part that failed. */
export interface FailedPart {
  readonly error: unknown;
  /** The image or tag that it was about, where the command was given many. */
  readonly of?: string | undefined;
}

/** Parts of a command failed, the rest was done. Each is reported on a line of its own. */
export class SomeFailed extends Error {
  override readonly name: string = "SomeFailed";
  readonly parts: readonly FailedPart[];

  constructor(parts: readonly FailedPart[]) {
    super(`${parts.length} failed`);
    this.parts = parts;
  }
}

/** A verification found what is not the same, and perhaps could not look at everything. */
export class FoundDifferent extends SomeFailed {
  override readonly name: string = "FoundDifferent";
}
