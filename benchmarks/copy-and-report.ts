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
  const { userCPUTime, systemCPUTime, maxRSS } = process.resourceUsage();
  const cpuSeconds = (userCPUTime + systemCPUTime) / 1e6;
  console.log(JSON.stringify({ peakBytes: maxRSS * 1024, cpuSeconds, seconds: (performance.now() - start) / 1000 }));
}
