import { StoreError } from "@tranship/core";

/** What a timer takes, in ms: 24 days. */
const LONGEST_MS = 2 ** 31 - 1;

/** How long one image may take. */
export class ImageDeadline {
  readonly #ms: number | undefined;

  /** @param ms Undefined: as long as it takes. @throws {RangeError} for a time that no timer takes. */
  constructor(ms: number | undefined) {
    if (ms !== undefined && !(ms > 0 && ms <= LONGEST_MS)) {
      throw new RangeError(`invalid imageDeadlineMs ${ms}: expected ms from 1 to ${LONGEST_MS}`);
    }
    this.#ms = ms;
  }

  /**
   * Does what has to be done with an image, under a signal that aborts when its time is up.
   * @param name how messages call the image.
   * @throws {StoreError} DEADLINE; what the task throws.
   */
  async run<T>(
    name: string,
    signal: AbortSignal | undefined,
    task: (signal: AbortSignal | undefined) => Promise<T>,
  ): Promise<T> {
    const ms = this.#ms;
    if (ms === undefined) return task(signal);
    const end = new AbortController();
    const timer = setTimeout(() => {
      const detail = `it takes longer than ${ms / 1000} s, the deadline of an image; --image-deadline allows more`;
      end.abort(new StoreError("DEADLINE", `Cannot copy "${name}": ${detail}`));
    }, ms);
    try {
      return await task(signal === undefined ? end.signal : AbortSignal.any([signal, end.signal]));
    } finally {
      clearTimeout(timer);
    }
  }
}

/** Whether an image was given up since its time was up. */
export function isPastDeadline(error: unknown): boolean {
  return error instanceof StoreError && error.code === "DEADLINE";
}
