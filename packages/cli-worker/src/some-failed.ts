/** Parts of a command failed, the rest was done. Each error is reported on a line of its own. */
export class SomeFailed extends Error {
  readonly errors: readonly unknown[];

  constructor(errors: readonly unknown[]) {
    super(`${errors.length} failed`);
    this.name = "SomeFailed";
    this.errors = errors;
  }
}
