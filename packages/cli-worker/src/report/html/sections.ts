import type { ImageResult } from "@tranship/copy";
import { imageName } from "../../results/image-name.ts";
import { formatBytes, formatDuration } from "../../terminal/units.ts";
import type { Report } from "../report.ts";
import { type HostFacts, notesOf, type ReportFacts, type RepositoryPair, tagName } from "../report-facts.ts";
import { outcomeInWords } from "../report-words.ts";
import { share } from "./figures.ts";
import { html, Markup, NOTHING } from "./markup.ts";
import { type Column, table } from "./table.ts";

/** Rows of one list: a page with more is no longer one to read; the JSON has all. */
const ROWS = 1000;

/** What failed or was refused, and why. */
export function failureList({ failures }: ReportFacts): Markup {
  if (failures.length === 0) return NOTHING;
  const item = (image: ImageResult): Markup => html`<li>
<p class="name">${imageName(image)}</p>
<p>${message(image.error?.message ?? "")}</p>
<p class="quiet">${image.outcome}, ${image.error?.code ?? ""}</p></li>`;
  return html`<section><h2>Failures</h2><ul class="failures">${failures.slice(0, ROWS).map(item)}</ul>${rest(failures.length)}</section>`;
}

/** Each pair of repositories, with the tags that are not as they were. */
export function repositoryList({ pairs }: ReportFacts): Markup {
  if (pairs.length === 0) return NOTHING;
  const isOpen = pairs.length === 1;
  let left = ROWS;
  const shown = pairs.slice(0, ROWS).map((pair) => {
    const rows = pair.changed.slice(0, Math.max(0, left));
    left -= rows.length;
    return pairDetails(pair, rows, isOpen);
  });
  return html`<section><h2>Repositories</h2>${shown}${rest(pairs.length)}</section>`;
}

/** What took longest. */
export function slowestTable({ slowest }: ReportFacts): Markup {
  const [first] = slowest;
  if (first === undefined) return NOTHING;
  const columns: readonly Column<ImageResult>[] = [
    { head: "image", cell: (image) => html`<span class="name">${imageName(image)}</span>` },
    {
      head: "took",
      cell: ({ tookMs }) =>
        html`<span class="time">${formatDuration(tookMs)}<span class="length" aria-hidden="true" style="width:${share(tookMs, first.tookMs)}%"></span></span>`,
    },
    { head: "moved", isNumber: true, cell: ({ moved }) => html`${formatBytes(moved.bytes)}` },
    { head: "requests", isNumber: true, cell: ({ requests }) => html`${requests}` },
  ];
  return html`<section><h2>Slowest</h2>${table("Images that took longest", columns, slowest)}</section>`;
}

/** What each host was asked, and what went over the line. */
export function hostTable({ hosts }: ReportFacts): Markup {
  if (hosts.length === 0) return NOTHING;
  const columns: readonly Column<HostFacts>[] = [
    { head: "host", cell: ({ host }) => html`<span class="name">${host}</span>` },
    { head: "requests", isNumber: true, cell: ({ requests }) => html`${requests}` },
    { head: "read", isNumber: true, cell: ({ read }) => html`${formatBytes(read)}` },
    { head: "written", isNumber: true, cell: ({ written }) => html`${formatBytes(written)}` },
    { head: "sent again", isNumber: true, cell: retries },
  ];
  return html`<section><h2>Hosts</h2>${table("Requests and bytes by host", columns, hosts.slice(0, ROWS))}${rest(hosts.length)}</section>`;
}

/** What the user should know and that is no failure. */
export function noteList({ result }: Report): Markup {
  const all = notesOf(result);
  if (all.length === 0) return NOTHING;
  return html`<section><h2>Notes</h2><ul class="notes">${all.slice(0, ROWS).map((note) => html`<li>${message(note)}</li>`)}</ul>${rest(all.length)}</section>`;
}

function pairDetails(pair: RepositoryPair, rows: readonly ImageResult[], isOpen: boolean): Markup {
  const { from, to, changed, unchanged, moved, mounted, skipped } = pair;
  const names = to === undefined ? html`${from}` : html`${from} <span class="quiet">→</span> ${to}`;
  const counts = [
    ...Map.groupBy(changed, ({ outcome }) => outcome),
    ...(unchanged === 0 ? [] : [["unchanged", { length: unchanged }] as const]),
  ].map(([outcome, { length }]) => html`<span class="outcome ${outcome}">${length} ${outcomeInWords(outcome)}</span> `);
  const sizes = html`<span class="quiet">${formatBytes(moved.bytes)} moved, ${formatBytes(mounted.bytes + skipped.bytes)} saved</span>`;
  const head = html`<span class="name">${names}</span><span class="counts">${counts}${sizes}</span>`;
  if (rows.length === 0) return html`<div class="pair">${head}</div>`;
  const body = html`${table(`Tags of ${from}`, TAG_COLUMNS, rows)}${rest(changed.length, rows.length)}`;
  return isOpen
    ? html`<details class="pair" open><summary>${head}</summary>${body}</details>`
    : html`<details class="pair"><summary>${head}</summary>${body}</details>`;
}

const TAG_COLUMNS: readonly Column<ImageResult>[] = [
  { head: "tag", cell: (image) => html`<span class="name">${tagName(image)}</span>` },
  { head: "outcome", cell: ({ outcome }) => html`<span class="outcome ${outcome}">${outcomeInWords(outcome)}</span>` },
  { head: "moved", isNumber: true, cell: ({ moved }) => html`${formatBytes(moved.bytes)}` },
  { head: "mounted", isNumber: true, cell: ({ mounted }) => html`${formatBytes(mounted.bytes)}` },
  { head: "skipped", isNumber: true, cell: ({ skipped }) => html`${formatBytes(skipped.bytes)}` },
  { head: "requests", isNumber: true, cell: ({ requests }) => html`${requests}` },
  { head: "took", isNumber: true, cell: ({ tookMs }) => html`${formatDuration(tookMs)}` },
  { head: "digest", cell: ({ digest }) => html`<code>${digest?.replace(/^(sha\d+:.{12}).*$/, "$1") ?? "–"}</code>` },
];

function retries({ retries: count, throttled, waitedMs }: HostFacts): Markup {
  if (count === 0) return html`0`;
  return html`${count} <span class="quiet">(${throttled} asked to wait, ${formatDuration(waitedMs)})</span>`;
}

/** A text in which options are not broken at their hyphens. */
function message(text: string): Markup {
  return new Markup(html`${text}`.text.replace(/--[a-z][a-z-]*/g, '<span class="flag">$&</span>'));
}

function rest(all: number, shown = Math.min(all, ROWS)): Markup {
  return all > shown ? html`<p class="quiet">… and ${all - shown} more; the JSON report has all.</p>` : NOTHING;
}
