import {
  apiHost,
  believedUntil,
  HOST_FACTS,
  type HostFact,
  type Journal,
  parseHost,
  parseHostFact,
} from "@tranship/core";
import { readingInput } from "../../errors/usage-error.ts";
import { openStateJournal } from "../../state/open-state.ts";
import { hasJournal, neededStatePath } from "../../state/read-state.ts";
import type { StateFlags } from "../../state/state-path.ts";
import { print, printJson } from "../../terminal/output.ts";
import { alignColumns } from "../../terminal/table.ts";
import { counted, formatAge } from "../../terminal/units.ts";

export interface HostsFlags extends StateFlags {
  readonly json?: boolean | undefined;
}

export interface HostsArguments {
  readonly host?: string | undefined;
  /** `FACT=VALUE` for `set`, `FACT` for `forget`. */
  readonly facts?: readonly string[] | undefined;
}

/** What is known of one host. */
interface KnownHost {
  readonly host: string;
  readonly facts: readonly HostFact[];
}

/** Shows or changes what is known of hosts. @throws {UsageError} for a bad host, fact or value, and where the state folder can't be used. */
export async function hostsAction(
  task: "list" | "show" | "set" | "forget",
  { host: text, facts = [] }: HostsArguments,
  flags: HostsFlags,
): Promise<void> {
  const host = text === undefined ? undefined : await readingInput(() => apiHost(parseHost(text)));
  const values = await readingInput(() => (task === "set" ? readFacts(facts) : new Map()));
  if (task === "forget") await readingInput(() => facts.forEach(checkName));
  const path = neededStatePath(flags);
  if (task !== "set" && !(await hasJournal(path))) return show([], flags);
  await using stack = new AsyncDisposableStack();
  const journal = stack.adopt(await openStateJournal(path), (opened) => opened.close());
  if (host !== undefined && task === "forget") return forget(journal, host, facts, flags);
  for (const [name, value] of values) await journal.profiles.set(host ?? "", name, value);
  const hosts = host === undefined ? await Array.fromAsync(journal.profiles.hosts()) : [host];
  const known: KnownHost[] = [];
  for (const each of hosts) known.push({ host: each, facts: await validFacts(journal, each) });
  // A host of which only facts that are no longer believed are recorded is not known.
  show(
    known.filter(({ facts: { length } }) => host !== undefined || length > 0),
    flags,
  );
}

function readFacts(texts: readonly string[]): ReadonlyMap<string, string | number | boolean> {
  const facts = new Map<string, string | number | boolean>();
  for (const text of texts) {
    const equals = text.indexOf("=");
    if (equals < 1) throw new SyntaxError(`Bad fact ${JSON.stringify(text)}: expected FACT=VALUE`);
    for (const [name, value] of Object.entries(parseHostFact(text.slice(0, equals), text.slice(equals + 1)))) {
      facts.set(name, value);
    }
  }
  return facts;
}

function checkName(name: string): void {
  if (Object.hasOwn(HOST_FACTS, name)) return;
  throw new SyntaxError(
    `Bad fact ${JSON.stringify(name)} of a host: expected one of ${Object.keys(HOST_FACTS).join(", ")}`,
  );
}

/** What this version believes: another one may have recorded facts that mean nothing to it, or for longer. */
async function validFacts(journal: Journal, host: string): Promise<readonly HostFact[]> {
  const now = Date.now();
  const facts = await journal.profiles.facts(host);
  return facts.flatMap((fact) => {
    const until = believedUntil(fact, now);
    if (until <= now) return [];
    return [fact.setByUser ? fact : { ...fact, expires: until }];
  });
}

async function forget(journal: Journal, host: string, facts: readonly string[], flags: HostsFlags): Promise<void> {
  let forgotten = 0;
  for (const name of facts) forgotten += await journal.profiles.forget(host, name);
  if (facts.length === 0) forgotten = await journal.profiles.forget(host);
  if (flags.json === true) printJson({ host, forgotten });
  else print(`Forgot ${counted(forgotten, "fact")} about ${host}`);
}

function show(hosts: readonly KnownHost[], flags: HostsFlags): void {
  if (flags.json === true) {
    printJson({ hosts: hosts.map(({ host, facts }) => ({ host, facts: facts.map(factJson) })) });
    return;
  }
  const now = Date.now();
  const rows = hosts.flatMap(({ host, facts }) =>
    facts.map(({ name, value, setByUser, learned }) => [
      host,
      name,
      String(value),
      setByUser ? "set" : `learned ${formatAge(now - learned)} ago`,
    ]),
  );
  alignColumns(rows).forEach(print);
}

function factJson({ name, value, setByUser, learned, expires }: HostFact): unknown {
  return {
    name,
    value,
    setByUser,
    since: new Date(learned).toISOString(),
    ...(expires === undefined ? {} : { expires: new Date(expires).toISOString() }),
  };
}
