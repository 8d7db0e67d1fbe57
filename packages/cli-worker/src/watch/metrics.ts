import type { WatchStatus } from "./watch-status.ts";

/** What a watch has done, in the text format of Prometheus (exposition format 0.0.4). Labels are outcomes, hosts and kinds of requests: no repository, no tag. */
export function metricsText({ health, result }: WatchStatus): string {
  const { runs, running, last, next, fileProblem } = health;
  return [
    ...metric("runs_total", "counter", "Runs that have ended, and those that were skipped since one went on.", [
      ...Object.entries(runs).map(([outcome, count]) => ({ labels: { outcome }, value: count })),
    ]),
    ...metric("running", "gauge", "Whether a run goes on.", [{ value: running === null ? 0 : 1 }]),
    ...metric("file_broken", "gauge", "Whether the mirror file, as it is now, can't be used.", [
      { value: fileProblem === null ? 0 : 1 },
    ]),
    ...metric("next_run_timestamp_seconds", "gauge", "When the next run is due.", secondsOf(next)),
    ...metric("last_run_success", "gauge", "Whether the last run and all of its images went well.", [
      ...(last === null ? [] : [{ value: last.ok ? 1 : 0 }]),
    ]),
    ...metric("last_run_end_timestamp_seconds", "gauge", "When the last run ended.", secondsOf(last?.endedAt)),
    ...metric("last_run_duration_seconds", "gauge", "How long the last run took.", [
      ...(last === null ? [] : [{ value: (Date.parse(last.endedAt) - Date.parse(last.startedAt)) / 1000 }]),
    ]),
    ...metric("last_run_images", "gauge", "Images of the last run, by how they went.", [
      ...Object.entries(last?.outcomes ?? {}).map(([outcome, value]) => ({ labels: { outcome }, value })),
    ]),
    ...metric("last_run_moved_bytes", "gauge", "Bytes that the last run sent to targets.", [
      ...(last?.moved === undefined ? [] : [{ value: last.moved.bytes }]),
    ]),
    ...metric("last_run_requests", "gauge", "Requests of the last run, by host and kind.", [
      ...Object.entries(result?.requests ?? {}).flatMap(([host, kinds]) =>
        Object.entries(kinds).map(([kind, value]) => ({ labels: { host, kind }, value })),
      ),
    ]),
    "",
  ].join("\n");
}

interface Sample {
  readonly labels?: Readonly<Record<string, string>>;
  readonly value: number;
}

/** Nothing for a metric without samples. */
function metric(name: string, type: "counter" | "gauge", help: string, samples: readonly Sample[]): readonly string[] {
  if (samples.length === 0) return [];
  const full = `tranship_sync_${name}`;
  return [
    `# HELP ${full} ${help}`,
    `# TYPE ${full} ${type}`,
    ...samples.map(({ labels = {}, value }) => `${full}${labelsOf(labels)} ${value}`),
  ];
}

function labelsOf(labels: Readonly<Record<string, string>>): string {
  const pairs = Object.entries(labels).map(([name, value]) => `${name}="${value.replaceAll(/[\\"\n]/g, escaped)}"`);
  return pairs.length === 0 ? "" : `{${pairs.join(",")}}`;
}

function escaped(character: string): string {
  return character === "\n" ? "\\n" : `\\${character}`;
}

function secondsOf(time: string | null | undefined): readonly Sample[] {
  return typeof time === "string" ? [{ value: Date.parse(time) / 1000 }] : [];
}
