import { readFileSync } from "node:fs";
import { CopyRun, copy } from "@tranship/copy";
import { Registry } from "@tranship/core";

/** A process of the memory figures: copies `app:v1` with all of its blobs in flight at once, and prints what it took. */
const [from = "", to = "", blobs = "1"] = process.argv.slice(2);
{
  await using source = new Registry({ host: from });
  await using target = new Registry({ host: to });
  const start = performance.now();
  await copy(
    { store: source.repository("app"), reference: "v1" },
    { store: target.repository("app"), reference: "v1" },
    { run: new CopyRun({ blobs: Number(blobs) }) },
  );
  const { userCPUTime, systemCPUTime } = process.resourceUsage();
  const cpuSeconds = (userCPUTime + systemCPUTime) / 1e6;
  console.log(JSON.stringify({ peakBytes: peakBytes(), cpuSeconds, seconds: (performance.now() - start) / 1000 }));
}

/** Linux. The maximum of `resourceUsage()` begins with that of the process that started this one. */
function peakBytes(): number {
  const peak = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync("/proc/self/status", "utf8"))?.[1];
  if (peak === undefined) throw new Error("Cannot read the peak of memory: /proc/self/status has no VmHWM");
  return Number(peak) * 1024;
}
