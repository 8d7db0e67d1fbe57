import type { CopyEvent } from "@tranship/copy";
import { type Descriptor, UNKNOWN_SIZE } from "@tranship/core";
import { oneLine } from "../one-line.ts";
import { formatBytes, formatDuration } from "../units.ts";
import { shortDigest } from "./bars.ts";
import { noticeOf } from "./notice.ts";
import type { Progress, TextStream } from "./progress.ts";
import { Transfers } from "./transfers.ts";

/** Smaller blobs get no line of their own, in bytes. */
const BIG_BLOB = 8 * 1000 * 1000;

/** How often a big blob under way gets a line, in ms: a log shows that it goes on. */
const REPORT_MS = 15_000;

/** Plain lines, for logs: one for each big blob and each notice, and every 15 s one for each that is under way; the result says the rest. */
export class LineProgress implements Progress {
  readonly #stream: TextStream;
  readonly #transfers = new Transfers();
  #timer: NodeJS.Timeout | undefined;
  #isClosed = false;

  constructor(stream: TextStream) {
    this.#stream = stream;
  }

  readonly onEvent = (event: CopyEvent): void => {
    const now = performance.now();
    if (!this.#isClosed) this.#timer ??= setInterval(() => this.#report(), REPORT_MS).unref();
    const ended = this.#transfers.observe(event, now);
    const notice = noticeOf(event);
    if (notice !== undefined) this.#write(notice);
    if (event.type === "resumed") {
      this.#write(`${shortDigest(event)} starts again at ${amountOf(event.offset, event.descriptor)}`);
    }
    if (ended === undefined || event.type !== "done") return;
    const size = ended.size ?? ended.bytes;
    if (size < BIG_BLOB) return;
    this.#write(
      `${shortDigest(ended)} ${formatBytes(size)} sent to ${ended.to} in ${formatDuration(now - ended.startedAtMs)}`,
    );
  };

  expect(bytes: number): void {
    this.#transfers.expect(bytes);
  }

  close(): void {
    this.#isClosed = true;
    clearInterval(this.#timer);
  }

  #report(): void {
    this.#transfers.measure(performance.now());
    for (const transfer of this.#transfers.active) {
      const { descriptor, bytes, size, rate, to } = transfer;
      if ((size ?? bytes) < BIG_BLOB) continue;
      this.#write(
        `${shortDigest(transfer)} ${amountOf(bytes, descriptor)} sent to ${to}, ${formatBytes(rate.perSecond)}/s`,
      );
    }
  }

  #write(line: string): void {
    this.#stream.write(`${oneLine(line)}\n`);
  }
}

/** `3.0 MB of 10.0 MB`, never more than the whole; `3.0 MB` where its size is unknown. */
function amountOf(bytes: number, { size }: Descriptor): string {
  return size === UNKNOWN_SIZE ? formatBytes(bytes) : `${formatBytes(Math.min(bytes, size))} of ${formatBytes(size)}`;
}
