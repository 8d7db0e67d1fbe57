/** How a file is read, and what is made of its text. */
export interface ReloadedOptions<T> {
  /** @throws where it can't be read. */
  readonly read: () => Promise<string>;
  /** @throws for what is wrong with it. */
  readonly load: (text: string) => Promise<T>;
}

/** What a look at the file found. `mended`: it is again what it was before it was broken. `broken`: said once for each text; what was loaded before stays. */
export type Look =
  | { readonly state: "same" | "mended" | "changed" }
  | { readonly state: "broken"; readonly error: unknown };

/** A file that may change: the last text of it that could be loaded is in force. */
export class Reloaded<T> {
  readonly #options: ReloadedOptions<T>;
  #text: string;
  #current: T;
  #loadedAt = new Date();
  #problem: { readonly said: string; readonly error: unknown } | undefined;

  private constructor(options: ReloadedOptions<T>, text: string, current: T) {
    this.#options = options;
    this.#text = text;
    this.#current = current;
  }

  /** @throws what `read` and `load` throw: there is nothing yet that could stay in force. */
  static async open<T>(options: ReloadedOptions<T>): Promise<Reloaded<T>> {
    const text = await options.read();
    return new Reloaded(options, text, await options.load(text));
  }

  get current(): T {
    return this.#current;
  }

  get loadedAt(): Date {
    return this.#loadedAt;
  }

  /** What is wrong with the file as it is now. */
  get problem(): unknown {
    return this.#problem?.error;
  }

  async look(): Promise<Look> {
    let text: string | undefined;
    try {
      text = await this.#options.read();
      if (text === this.#text) {
        const wasBroken = this.#problem !== undefined;
        this.#problem = undefined;
        return { state: wasBroken ? "mended" : "same" };
      }
      if (this.#problem?.said === text) return { state: "same" };
      this.#current = await this.#options.load(text);
    } catch (error) {
      const said = text ?? `unreadable: ${error instanceof Error ? error.message : String(error)}`;
      if (this.#problem?.said === said) return { state: "same" };
      this.#problem = { said, error };
      return { state: "broken", error };
    }
    this.#text = text;
    this.#loadedAt = new Date();
    this.#problem = undefined;
    return { state: "changed" };
  }
}
