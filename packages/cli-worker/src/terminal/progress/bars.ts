import { styleText } from "node:util";
import { formatBytes, formatTimeLeft } from "../units.ts";
import type { Transfer, Transfers } from "./transfers.ts";

export interface BarOptions {
  /** Of the terminal. No line is longer than this less one: a full line would wrap on some terminals. */
  readonly columns: number;
  /** Lines to use at most. */
  readonly rows: number;
  readonly color: boolean;
}

const BAR_WIDTH = 24;

/** The lines that show what is going on: one for each blob on its way, and one for the whole. */
export function renderBars(transfers: Transfers, { columns, rows, color }: BarOptions): readonly string[] {
  const { active } = transfers;
  // A line is the total's, and one is below the block, where the cursor rests: a taller block would
  // scroll, and be painted once more below itself.
  if (rows < 2) return [];
  const room = Math.max(0, rows - 2);
  const shown = active.slice(0, active.length <= room ? room : Math.max(0, room - 1));
  const lines = shown.map((transfer) => line(shortDigest(transfer), progressOf(transfer), { columns, color }));
  if (active.length > shown.length && shown.length < room)
    lines.push(`… and ${active.length - shown.length} more`.slice(0, Math.max(0, columns - 1)));
  const { done, total, perSecond } = transfers;
  return [...lines, line("total".padEnd(12), { done, total, perSecond }, { columns, color })];
}

/** The first 12 digits, as docker shows an image's layers. */
export function shortDigest({ descriptor }: Pick<Transfer, "descriptor">): string {
  return descriptor.digest.slice(descriptor.digest.indexOf(":") + 1).slice(0, 12);
}

interface Progress {
  readonly done: number;
  /** Undefined where nobody knows it. */
  readonly total: number | undefined;
  readonly perSecond: number;
}

function progressOf({ bytes, size, rate }: Transfer): Progress {
  return { done: bytes, total: size, perSecond: rate.perSecond };
}

function line(
  name: string,
  { done, total, perSecond }: Progress,
  { columns, color }: Pick<BarOptions, "columns" | "color">,
): string {
  const width = columns - 1;
  const share = total === undefined || total === 0 ? 0 : done / total;
  const amount = total === undefined ? formatBytes(done) : `${formatBytes(done)} / ${formatBytes(total)}`;
  const speed = perSecond === 0 ? "" : `${formatBytes(perSecond)}/s`;
  const left =
    perSecond === 0 || total === undefined || done >= total ? "" : formatTimeLeft((total - done) / perSecond);
  const figures = `${amount.padEnd(21)}  ${speed.padStart(10)}  ${left.padStart(7)}`.trimEnd();
  const room = width - name.length - figures.length - 4;
  if (room >= 6) return `${name}  ${bar(share, Math.min(room, BAR_WIDTH), color)}  ${figures}`;
  // A figure that is cut off is another figure.
  const percent = total === undefined ? "" : `${Math.floor(share * 100)}%`;
  const shorter = [`${name}  ${figures}`, `${name}  ${amount}`, `${name}  ${percent}`.trimEnd(), percent];
  return shorter.find((text) => text.length <= width) ?? "";
}

function bar(share: number, width: number, color: boolean): string {
  const filled = Math.min(width, Math.floor(share * width));
  const [full, empty] = ["━".repeat(filled), (color ? "━" : "─").repeat(width - filled)];
  if (!color) return `${full}${empty}`;
  const style = (format: "cyan" | "gray", text: string): string => styleText(format, text, { validateStream: false });
  return `${style("cyan", full)}${style("gray", empty)}`;
}
