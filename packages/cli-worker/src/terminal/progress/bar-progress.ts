import type { CopyEvent } from "@tranship/copy";
import { oneLine } from "../one-line.ts";
import { beforeWarnings } from "../warning.ts";
import { renderBars } from "./bars.ts";
import { noticeOf } from "./notice.ts";
import { Painter } from "./painter.ts";
import type { Progress, TextStream } from "./progress.ts";
import { Transfers } from "./transfers.ts";

/** At most ten pictures a second. */
const FRAME_MS = 100;
/** Where nothing happens, the rate still falls. */
const IDLE_FRAME_MS = 1000;

/** Bars on a terminal, taken away at the end; notices stay above them. */
export class BarProgress implements Progress {
  readonly #stream: TextStream;
  readonly #color: boolean;
  readonly #painter: Painter;
  readonly #transfers = new Transfers();
  #timer: NodeJS.Timeout | undefined;
  readonly #leaveWarnings: () => void;
  #closed = false;
  /** Whether the next picture waits for an event. */
  #isIdle = true;

  constructor(stream: TextStream, { color }: { readonly color: boolean }) {
    this.#stream = stream;
    this.#color = color;
    this.#painter = new Painter(stream);
    this.#leaveWarnings = beforeWarnings(() => this.#painter.clear());
  }

  readonly onEvent = (event: CopyEvent): void => {
    this.#transfers.observe(event, performance.now());
    const notice = noticeOf(event);
    if (notice !== undefined) {
      this.#painter.clear();
      this.#stream.write(`${oneLine(notice)}\n`);
    }
    if (this.#closed) return;
    if (this.#timer !== undefined && !this.#isIdle) return;
    clearTimeout(this.#timer);
    this.#schedule(FRAME_MS);
    this.#isIdle = false;
  };

  expect(bytes: number): void {
    this.#transfers.expect(bytes);
  }

  close(): void {
    this.#closed = true;
    this.#leaveWarnings();
    clearTimeout(this.#timer);
    this.#painter.clear();
  }

  #draw(): void {
    this.#transfers.measure(performance.now());
    // A terminal that was never told its size says 0.
    const columns = this.#stream.columns || 80;
    const rows = this.#stream.rows || 24;
    const lines = this.#transfers.total === 0 ? [] : renderBars(this.#transfers, { columns, rows, color: this.#color });
    this.#painter.paint(lines);
    this.#schedule(IDLE_FRAME_MS);
    this.#isIdle = true;
  }

  #schedule(ms: number): void {
    this.#timer = setTimeout(() => this.#draw(), ms);
  }
}
