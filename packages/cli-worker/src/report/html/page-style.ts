/** The look of a report: system fonts, no images, colours for light and dark that differ by more than hue. */
export const PAGE_STYLE = `
:root {
  color-scheme: light dark;
  --ground: #ffffff; --raised: #f5f6f8; --line: #d9dde3; --ink: #1b1f24; --quiet: #57606a;
  --moved: #1f6feb; --mounted: #1a7f5a; --skipped: #8a6fb8;
  --good: #116329; --good-ground: #dcf5e3; --bad: #a40e26; --bad-ground: #ffe3e3; --warn: #7a4b00; --warn-ground: #fff1cf;
}
@media (prefers-color-scheme: dark) {
  :root {
    --ground: #0f1319; --raised: #181e27; --line: #323b48; --ink: #e8ecf1; --quiet: #9da8b6;
    --moved: #58a0ff; --mounted: #3fb98a; --skipped: #b79ae6;
    --good: #7ee2a0; --good-ground: #12351f; --bad: #ff9a9a; --bad-ground: #47161b; --warn: #f2c768; --warn-ground: #3d2e08;
  }
}
* { box-sizing: border-box; }
body {
  margin: 0 auto; max-width: 66rem; padding: 1.5rem 1.25rem 3rem;
  background: var(--ground); color: var(--ink);
  font: 1rem/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Liberation Sans", sans-serif;
}
h1 { margin: .25rem 0; font-size: 1.9rem; line-height: 1.2; }
h2 { margin: 2.25rem 0 .75rem; font-size: 1.2rem; }
p { margin: .25rem 0; }
code, .name { font-family: ui-monospace, SFMono-Regular, Menlo, Consolas, "Liberation Mono", monospace; font-size: .9em; }
.name, code, li, td, header p { overflow-wrap: anywhere; }
.flag { white-space: nowrap; }
.command, .when, .quiet, footer { color: var(--quiet); }
.state::before { content: ""; display: inline-block; width: .55em; height: .55em; margin-right: .4em; border-radius: 50%; background: var(--good); vertical-align: .12em; }
.state.failed::before { border-radius: 0; background: var(--bad); }
.state.interrupted::before, .state.ended::before { border-radius: 0; background: var(--warn); transform: rotate(45deg); }
.ended { margin-top: .75rem; padding: .6rem .8rem; border-left: .25rem solid var(--warn); background: var(--warn-ground); }
.figures { display: grid; grid-template-columns: repeat(auto-fit, minmax(8.5rem, 1fr)); gap: .75rem; margin: 1.5rem 0 0; }
.figures div { padding: .7rem .9rem; border: 1px solid var(--line); border-radius: .5rem; background: var(--raised); }
.figures dt { color: var(--quiet); font-size: .9rem; }
.figures dd { margin: 0; font-size: 1.45rem; font-weight: 600; font-variant-numeric: tabular-nums; }
.figures .bad { border-color: var(--bad); background: var(--bad-ground); }
.figures .bad dt, .figures .bad dd { color: var(--bad); }
.bar { display: flex; gap: 2px; height: 1.4rem; border-radius: .35rem; overflow: hidden; }
.bar span { flex: 0 1 0; min-width: 3px; }
.moved { background: var(--moved); } .mounted { background: var(--mounted); } .skipped { background: var(--skipped); }
.legend, .failures, .notes { margin: .75rem 0 0; padding: 0; list-style: none; }
.legend li { padding-left: 1.25em; text-indent: -1.25em; }
.legend i { display: inline-block; width: .75em; height: .75em; margin-right: .5em; border-radius: .15em; }
.failures li { margin-bottom: .75rem; padding: .6rem .9rem; border-left: .25rem solid var(--bad); background: var(--bad-ground); }
.failures .quiet { color: var(--bad); font-size: .9rem; }
.notes li { margin-bottom: .5rem; padding: .5rem .9rem; border-left: .25rem solid var(--line); background: var(--raised); }
.pair { display: block; margin-bottom: .6rem; padding: .6rem .9rem; border: 1px solid var(--line); border-radius: .5rem; }
summary { cursor: pointer; list-style: none; }
summary::-webkit-details-marker { display: none; }
summary .name::before { content: "▸ "; color: var(--quiet); }
details[open] > summary .name::before { content: "▾ "; }
summary:focus-visible { outline: 2px solid var(--moved); outline-offset: 4px; }
.pair > .name, summary .name { display: block; }
.counts { display: block; margin-top: .2rem; font-size: .95rem; }
.outcome { display: inline-block; padding: 0 .5em; border-radius: 1em; background: var(--raised); border: 1px solid var(--line); font-size: .85rem; white-space: nowrap; }
.outcome.copied, .outcome.retagged { background: var(--good-ground); border-color: transparent; color: var(--good); }
.outcome.failed, .outcome.refused { background: var(--bad-ground); border-color: transparent; color: var(--bad); }
.outcome.left, .outcome.deleted { background: var(--warn-ground); border-color: transparent; color: var(--warn); }
table { width: 100%; border-collapse: collapse; font-size: .95rem; }
caption { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
.pair table { margin-top: .75rem; }
th, td { padding: .4rem .6rem; border-bottom: 1px solid var(--line); text-align: left; vertical-align: top; }
th { color: var(--quiet); font-size: .85rem; font-weight: 600; white-space: nowrap; }
.number { text-align: right; font-variant-numeric: tabular-nums; }
td.number, td code { white-space: nowrap; }
.time { display: block; min-width: 7rem; font-variant-numeric: tabular-nums; }
.length { display: block; height: .3rem; margin-top: .1rem; min-width: 2px; border-radius: .2rem; background: var(--moved); }
footer { margin-top: 3rem; padding-top: .75rem; border-top: 1px solid var(--line); font-size: .9rem; }
@media (max-width: 52rem) {
  body { padding: 1rem .9rem 2rem; }
  h1 { font-size: 1.6rem; }
  .figures { grid-template-columns: 1fr 1fr; gap: .5rem; }
  thead { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
  table, tbody, tr { display: block; }
  tr { padding: .5rem 0; border-bottom: 1px solid var(--line); }
  td { display: grid; grid-template-columns: 6rem 1fr; gap: .5rem; padding: .1rem 0; border: 0; }
  td::before { content: attr(data-head); color: var(--quiet); font-size: .85rem; }
  td.number { text-align: left; white-space: normal; }
  td:first-child { display: block; margin-bottom: .2rem; }
  td:first-child::before { content: none; }
}
@media print { details:not([open]) > :not(summary) { display: block; } .pair, tr { break-inside: avoid; } }
`;
