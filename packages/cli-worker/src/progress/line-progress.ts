import type { CopyEvent } from "@tranship/copy";
import { oneLine } from "../one-line.ts";
import { formatBytes, formatDuration } from "../units.ts";
import { shortDigest } from "./bars.ts";
import { noticeOf } from "./notice.ts";
import type { Progress, TextStream } from "./progress.ts";
import { Transfers } from "./transfers.ts";

/** Smaller blobs get no line of their own, in bytes. */
const BIG_BLOB = 8 * 1000 * 1000;

/** Plain lines, for logs: one for each big blob and each notice; the result says the rest. */
export class LineProgress implements Progress {
  readonly #stream: TextStream;
  readonly #transfers = new Transfers();

  constructor(stream: TextStream) {
    this.#stream = stream;
  }

  readonly onEvent = (event: CopyEvent): void => {
    const now = performance.now();
    const ended = this.#transfers.observe(event, now);
    const notice = noticeOf(event);
    if (notice !== undefined) this.#write(notice);
    if (event.type === "resumed") {
      this.#write(
        `${shortDigest(event)} starts again at ${formatBytes(event.offset)} of ${formatBytes(event.descriptor.size)}`,
      );
    }
    if (ended === undefined || event.type !== "done" || ended.descriptor.size < BIG_BLOB) return;
    this.#write(
      `${shortDigest(ended)} ${formatBytes(ended.descriptor.size)} sent to ${ended.to} in ${formatDuration(now - ended.startedAtMs)}`,
    );
  };

  close(): void {}

  #write(line: string): void {
    this.#stream.write(`${oneLine(line)}\n`);
  }
}
