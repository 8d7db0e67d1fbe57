import { formatBytes } from "../../terminal/units.ts";
import type { Report } from "../report.ts";
import type { ReportFacts } from "../report-facts.ts";
import { html, type Markup, NOTHING } from "./markup.ts";

/** The numbers that tell most, as tiles. */
export function figures({ result }: Report, facts: ReportFacts): Markup {
  const { outcomes, moved, mounted, skipped } = result;
  const failed = outcomes.failed + outcomes.refused;
  const tiles: readonly (readonly [label: string, value: string | number, kind?: string])[] = [
    ["moved", formatBytes(moved.bytes)],
    ["saved", formatBytes(mounted.bytes + skipped.bytes + facts.readOnce)],
    ["changed", outcomes.copied + outcomes.retagged + outcomes.deleted],
    ["unchanged", outcomes.unchanged],
    ["failed", failed, failed > 0 ? "bad" : ""],
    ["requests", facts.requests],
  ];
  return html`<dl class="figures">${tiles.map(
    ([label, value, kind = ""]) => html`<div class="${kind}"><dt>${label}</dt><dd>${value}</dd></div>`,
  )}</dl>`;
}

/** What became of the content: sent, mounted, or there. */
export function contentBar({ result: { moved, mounted, skipped } }: Report, { readOnce }: ReportFacts): Markup {
  const parts = [
    { kind: "moved", label: "moved: sent to the targets", ...moved },
    { kind: "mounted", label: "saved: mounted from another repository of the registry", ...mounted },
    { kind: "skipped", label: "saved: there before, or brought by another image", ...skipped },
  ];
  const all = parts.reduce((sum, { bytes }) => sum + bytes, 0);
  if (all === 0) return NOTHING;
  const once =
    readOnce === 0
      ? NOTHING
      : html`<li><b>${formatBytes(readOnce)}</b> saved at the sources: read once for several targets</li>`;
  return html`<section><h2>Content</h2>
<div class="bar" aria-hidden="true">${parts
    .filter(({ bytes }) => bytes > 0)
    .map(({ kind, bytes }) => html`<span class="${kind}" style="flex-grow:${share(bytes, all)}"></span>`)}</div>
<ul class="legend">${parts.map(
    ({ kind, label, bytes, count }) =>
      html`<li><i class="${kind}"></i><b>${formatBytes(bytes)}</b> ${label} <span class="quiet">(${count})</span></li>`,
  )}${once}</ul></section>`;
}

/** Of a hundred, two digits after the point. */
export function share(part: number, whole: number): string {
  return whole <= 0 ? "0" : ((100 * part) / whole).toFixed(2);
}
