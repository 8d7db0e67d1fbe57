import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { DISTRIBUTIONS } from "./registries.ts";
import { TOOLS } from "./tools/installed.ts";

/** What `pnpm bench` was asked for. */
export interface BenchOptions {
  readonly quick: boolean;
  readonly runs: number;
  /** Names of scenarios or their first parts; none: all. */
  readonly only: readonly string[];
  readonly tools: ReadonlySet<string>;
  /** Whether the tools were named: then the slow ones run too. */
  readonly named: boolean;
  readonly out: string;
  /** Which registry stands at both ends. Default: the newest that is there. */
  readonly distribution: (typeof DISTRIBUTIONS)[number] | undefined;
  /** Where the registries keep their data. */
  readonly data: string;
}

export const USAGE = `pnpm bench [--quick] [--runs N] [--only NAME,…] [--peers NAME,…] [--distribution 2.8] [--out DIR] [--data DIR]

  --quick   small corpora, 1 run: whether it works, not how fast it is
  --runs    timed runs of each tool (default 3)
  --only    scenarios by name, or by its first parts: tags/again, blobs/tls, blob, tags, …
  --peers   tools to run with tranship: ${TOOLS.map(({ name }) => name)
    .filter((name) => name !== "tranship")
    .join(", ")}; none for tranship alone
            (default: all, but for those that take many minutes in a scenario)
  --distribution
            the registry at both ends: ${DISTRIBUTIONS.join(" or ")} (default: the newest that is there); 2.8 can't go on
            inside a blob, so that big ones pass over the disk
  --out     where JSON and chart go (default: benchmarks/results)
  --data    where the registries keep their data (default: the temporary folder); in memory (/dev/shm)
            the disk is out of the wall times`;

/** @throws {TypeError} for what it does not know. */
export function readOptions(args: readonly string[]): BenchOptions {
  const { values } = parseArgs({
    args: args.filter((arg) => arg !== "--"),
    options: {
      quick: { type: "boolean", default: false },
      runs: { type: "string" },
      only: { type: "string" },
      peers: { type: "string" },
      data: { type: "string", default: tmpdir() },
      distribution: { type: "string" },
      out: { type: "string", default: join(import.meta.dirname, "../results") },
    },
  });
  const runs = Number(values.runs ?? (values.quick ? 1 : 3));
  if (!Number.isInteger(runs) || runs < 1)
    throw new TypeError(`Bad --runs "${values.runs}": expected a whole number from 1`);
  const known = TOOLS.map(({ name }): string => name);
  const peers = values.peers === undefined ? known : listed(values.peers).filter((name) => name !== "none");
  const unknown = peers.find((name) => !known.includes(name));
  if (unknown !== undefined) throw new TypeError(`Unknown peer "${unknown}": there are ${known.join(", ")}`);
  const distribution = DISTRIBUTIONS.find((version) => version === values.distribution);
  if (distribution === undefined && values.distribution !== undefined)
    throw new TypeError(`Unknown --distribution "${values.distribution}": there are ${DISTRIBUTIONS.join(", ")}`);
  return {
    quick: values.quick,
    distribution,
    runs,
    only: listed(values.only ?? ""),
    tools: new Set(["tranship", ...peers]),
    named: values.peers !== undefined,
    out: values.out,
    data: values.data,
  };
}

function listed(text: string): readonly string[] {
  return text.split(",").filter((entry) => entry !== "");
}
