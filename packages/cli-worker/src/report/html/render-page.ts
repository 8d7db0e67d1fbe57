import { formatDuration } from "../../terminal/units.ts";
import type { Report } from "../report.ts";
import { type ReportFacts, reportFacts } from "../report-facts.ts";
import { formatTime, outcomesInWords, stateInWords, titleOf } from "../report-words.ts";
import { contentBar, figures } from "./figures.ts";
import { html, Markup } from "./markup.ts";
import { PAGE_STYLE } from "./page-style.ts";
import { failureList, hostTable, noteList, repositoryList, slowestTable } from "./sections.ts";

/** Nothing is loaded from anywhere, and no script runs, whatever a registry has put into a name. */
const POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'";

/** A report as one HTML page that needs nothing else: light or dark as the reader's system is, on a phone too. */
export function renderPage(report: Report): string {
  const facts = reportFacts(report.result);
  const page = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${POLICY}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${stateInWords(facts)}: ${titleOf(report)}</title>
<style>${new Markup(PAGE_STYLE)}</style>
</head>
<body>
${header(report, facts)}
<main>
${figures(report, facts)}
${contentBar(report, facts)}
${failureList(facts)}
${repositoryList(facts)}
${slowestTable(facts)}
${hostTable(facts)}
${noteList(report)}
</main>
<footer>Written by tranship. Sizes are decimal: 1 kB is 1000 bytes. The report as data: <code>--report FILE.json</code>.</footer>
</body>
</html>
`;
  return page.text;
}

function header(report: Report, facts: ReportFacts): Markup {
  const { result, command, of } = report;
  const { error } = result;
  const ended = error === undefined ? html`` : html`<p class="ended">${error.message}</p>`;
  return html`<header>
<p class="command">tranship ${command} <span class="name">${of}</span></p>
<h1><span class="state ${facts.state}">${stateInWords(facts)}</span></h1>
<p>${outcomesInWords(result)}.</p>
<p class="when"><time datetime="${result.startedAt}">${formatTime(result.startedAt)}</time>, took ${formatDuration(result.tookMs)}</p>
${ended}
</header>`;
}
