/** What is painted on: a terminal. */
export interface Screen {
  write(text: string): unknown;
}

/** Shows a block of lines on a terminal and rewrites those of them that changed. The cursor rests below the block. */
export class Painter {
  readonly #screen: Screen;
  #shown: readonly string[] = [];

  constructor(screen: Screen) {
    this.#screen = screen;
  }

  /** Shows these lines in the place of those before; writes nothing where nothing changed. */
  paint(lines: readonly string[]): void {
    const before = this.#shown;
    if (before.length === lines.length && before.every((line, index) => line === lines[index])) return;
    let output = up(before.length);
    for (const [index, line] of lines.entries()) {
      output += before[index] === line ? "\x1b[1B\r" : `\r\x1b[2K${line}\n`;
    }
    // What the block had more of goes.
    if (before.length > lines.length) output += "\x1b[0J";
    this.#shown = lines;
    this.#screen.write(output);
  }

  /** Takes the block away. */
  clear(): void {
    if (this.#shown.length === 0) return;
    this.#screen.write(`${up(this.#shown.length)}\r\x1b[0J`);
    this.#shown = [];
  }
}

function up(lines: number): string {
  return lines === 0 ? "" : `\x1b[${lines}A`;
}
