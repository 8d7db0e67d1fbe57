import { medians, type Report, type ScenarioOutcome } from "../outcome.ts";

const LABEL = 240;
const BAR = 420;
const ROW = 18;
const MEASURES = [
  { measure: "cpuSeconds", title: "CPU, s", colour: "#3b6ea5" },
  { measure: "wallSeconds", title: "wall, s", colour: "#c98b2b" },
] as const;

/** A page that needs nothing else: a bar for the median of each contender, CPU and wall, shorter is better. */
export function chartOf(report: Report): string {
  const facts = [report.date, report.machine, `Node ${report.node}`, report.registries].map(escaped).join(" · ");
  return [
    "<!doctype html>",
    '<html lang="en"><meta charset="utf-8"><title>tranship: transfer benchmarks</title>',
    "<style>body{font:14px sans-serif;margin:2em}h2{font-size:1em;margin:1.5em 0 .3em}text{font:12px sans-serif}</style>",
    `<h1>Transfer benchmarks</h1><p>${facts}. Medians; shorter is better.</p>`,
    ...report.scenarios.filter(({ contenders }) => contenders.length > 0).map(sectionOf),
    "</html>\n",
  ].join("\n");
}

function sectionOf(scenario: ScenarioOutcome): string {
  return `<h2>${escaped(scenario.name)}: ${escaped(scenario.title)}</h2>\n${svgOf(scenario)}`;
}

function svgOf({ contenders }: ScenarioOutcome): string {
  const ran = contenders.filter(({ runs }) => runs.length > 0);
  const values = ran.map(medians);
  const bars = MEASURES.flatMap(({ measure, title, colour }, at) => {
    const most = Math.max(...values.map((value) => value[measure]), Number.MIN_VALUE);
    return ran.map(({ tool, settings }, index) => {
      const value = values[index]?.[measure] ?? 0;
      const y = (at * (ran.length + 1) + index) * ROW;
      const width = ((value / most) * BAR).toFixed(1);
      return [
        `<text x="${LABEL - 6}" y="${y + 13}" text-anchor="end">${escaped(`${tool} (${settings})`)}</text>`,
        `<rect x="${LABEL}" y="${y + 2}" width="${width}" height="${ROW - 4}" fill="${colour}"${tool === "tranship" ? "" : ' opacity="0.55"'}/>`,
        `<text x="${LABEL + Number(width) + 5}" y="${y + 13}">${value.toFixed(2)}${index === 0 ? ` (${title})` : ""}</text>`,
      ].join("");
    });
  });
  const height = (MEASURES.length * (ran.length + 1) - 1) * ROW;
  return `<svg width="${LABEL + BAR + 120}" height="${height}" role="img">\n${bars.join("\n")}\n</svg>`;
}

function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll('"', "&quot;");
}
