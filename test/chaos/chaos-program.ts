import { parseArgs } from "node:util";
import { runChaos } from "./run-chaos.ts";

const { values } = parseArgs({
  options: {
    rounds: { type: "string", default: "200" },
    seed: { type: "string", default: String(process.pid) },
    megabytes: { type: "string", default: "256" },
  },
});
const [rounds, megabytes] = [Number(values.rounds), Number(values.megabytes)];
if (!Number.isInteger(rounds) || rounds < 1 || !Number.isInteger(megabytes) || megabytes < 1) {
  console.error("Expected --rounds N --seed TEXT --megabytes N, whole numbers from 1");
  process.exit(2);
}
console.log(`${rounds} rounds, seed ${values.seed}`);
const done = await runChaos({ rounds, seed: values.seed, bigLayer: megabytes * 1024 * 1024, log: console.log });
const sum = (of: "killed" | "failed" | "broken" | "unheard" | "forgotten"): number =>
  done.reduce((all, one) => all + one[of], 0);
console.log(
  `${done.length} rounds: every digest right, no tag on less, nothing left behind here, no upload left open that could be cancelled; ${sum("killed")} processes killed, ${sum("broken")} connections broken, ${sum("failed")} copies failed; uploads whose Location was answered to nobody: ${sum("unheard")}, that the target had forgotten: ${sum("forgotten")}`,
);
