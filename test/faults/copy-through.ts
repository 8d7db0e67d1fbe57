import { CopyRun, copy, copyTags, failures } from "@tranship/copy";
import { Registry, type RegistryOptions } from "@tranship/core";
import type { Fault } from "./fault.ts";
import type { FaultyPair, Original } from "./faulty-pair.ts";
import type { Lane } from "./lanes.ts";

/** Where a fault's copy ends up. */
export const TARGET = { repository: "mirror/image", tag: "v1" } as const;
/** What the target has before, for a mount. */
const ANOTHER = "mirror/another";

/** Does what the fault is met with; each job prepares itself while the fault sleeps. Waits take no time. */
export async function copyThrough(pair: FaultyPair, fault: Fault, original: Original, lane: Lane): Promise<void> {
  const { job = "image" } = fault;
  const run = new CopyRun();
  const copyTo = async (clients: Clients, repository: string, tag: string): Promise<void> => {
    const from = { store: clients.source.repository(pair.repository), reference: original.tag };
    const to = { store: clients.target.repository(repository), reference: tag };
    await copy(from, to, { run, referrers: job === "referrers" });
  };
  await using clients = connect(pair, fault, lane);
  if (job === "mount") await copyTo(clients, ANOTHER, TARGET.tag);
  if (job === "again" || job === "renamed") {
    await using before = connect(pair, fault, lane);
    await copyTo(before, TARGET.repository, job === "again" ? TARGET.tag : "before");
  }
  pair.setLive(true);
  if (job === "catalog") await clients.target.catalog()[Symbol.asyncIterator]().next().catch(expectNoCatalogue);
  if (job === "tags") {
    const target = clients.target.repository(TARGET.repository);
    const [failure] = failures(await copyTags(clients.source.repository(pair.repository), target, { run }));
    if (failure !== undefined) throw failure.error;
    return;
  }
  await copyTo(clients, TARGET.repository, TARGET.tag);
}

interface Clients extends AsyncDisposable {
  readonly source: Registry;
  readonly target: Registry;
}

function connect(pair: FaultyPair, fault: Fault, lane: Lane): Clients {
  const options = (at: Fault["at"]): Omit<RegistryOptions, "host"> => ({
    plainHttp: true,
    sleep: async () => {},
    ...lane.options,
    ...(fault.at === at ? fault.options : {}),
  });
  const source = new Registry({ host: pair.source.address, ...options("source") });
  const target = new Registry({ host: pair.target.address, ...options("target") });
  return {
    source,
    target,
    [Symbol.asyncDispose]: async () => {
      await Promise.all([source.close(), target.close()]);
    },
  };
}

function expectNoCatalogue(error: unknown): void {
  if (!(error instanceof Error && "code" in error && error.code === "UNSUPPORTED")) throw error;
}
