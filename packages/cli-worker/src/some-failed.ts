/** A part that failed. */
export interface FailedPart {
  readonly error: unknown;
  /** The image or tag that it was about, where the command was given many. */
  readonly of?: string | undefined;
}

/** Parts of a command failed, the rest was done. Each is reported on a line of its own. */
export class SomeFailed extends Error {
  readonly parts: readonly FailedPart[];

  constructor(parts: readonly FailedPart[]) {
    super(`${parts.length} failed`);
    this.name = "SomeFailed";
    this.parts = parts;
  }
}
