/** What more requests at once are worth: an answer that takes less is waited for in no time. In ms. */
const SLOW_MS = 10;

/** Answers of which the median is taken. */
const SAMPLE = 4;

/** Whether answers are slow, by the median of the last few. */
export class SlowAnswers {
  #answers = 0;
  #slow = 0;
  #isSlow = false;

  /** Of the last whole sample. */
  get isSlow(): boolean {
    return this.#isSlow;
  }

  /** Takes how long an answer took, in ms; whether it made a sample whole, and that one was slow. */
  took(ms: number): boolean {
    this.#answers += 1;
    if (ms > SLOW_MS) this.#slow += 1;
    if (this.#answers < SAMPLE) return false;
    this.#isSlow = this.#slow > SAMPLE / 2;
    this.#answers = 0;
    this.#slow = 0;
    return this.#isSlow;
  }
}
