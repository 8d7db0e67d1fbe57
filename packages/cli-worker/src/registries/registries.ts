import process from "node:process";
import {
  type AcrClient,
  type CredentialProvider,
  checkCredentialFiles,
  type Journal,
  type LayoutStore,
  type Logger,
  openLayout,
  type Registry,
  type RegistryClient,
  type RegistryOptions,
  type RegistryStore,
} from "@tranship/core";
import type { BoundFlags } from "../arguments/bounds.ts";
import type { RegistryFlags, TrafficFlags } from "../arguments/options.ts";
import { readingInput } from "../errors/usage-error.ts";
import { lineLogger } from "../terminal/line-logger.ts";
import { printWarning } from "../terminal/warning.ts";
import type { Trace } from "./credentials/credential-source.ts";
import { givenCredentials, hostCredentials } from "./credentials/host-credentials.ts";
import { checkHelpers, ruleCredentials } from "./credentials/rule-credentials.ts";
import type { HostRules } from "./host-rules.ts";
import { Hosts } from "./hosts.ts";
import { announcedWaits } from "./limits/announced-waits.ts";
import { boundsOf } from "./limits/bounds-of.ts";
import { HostBudgets } from "./limits/host-budgets.ts";

export interface RegistriesOptions {
  /** The hosts that will be asked: what is wrong with their settings is said before anything starts. */
  readonly hosts: readonly string[];
  /** What is remembered between runs. It is closed after the registries. */
  readonly journal?: Journal | undefined;
  /** What a mirror file says of its hosts; what the flags say wins. */
  readonly rules?: ReadonlyMap<string, HostRules> | undefined;
}

const NO_RULES: ReadonlyMap<string, HostRules> = new Map();

/**
 * The registries that a command talks to: one for each host and credentials, so that two roles on one host share connections, and blobs can be
 * mounted, exactly where they are the same user. Declare it with `await using`.
 */
export class Registries implements AsyncDisposable {
  readonly #hosts: Hosts;
  readonly #found: CredentialProvider;
  readonly #lane: RegistryOptions["lane"];
  readonly #budgets: HostBudgets;
  readonly #journal: Journal | undefined;
  readonly #traffic: Pick<RegistryOptions, "pullFloor" | "uploads" | "retry" | "waitBudget">;
  readonly #bounds: BoundFlags;
  readonly #rules: ReadonlyMap<string, HostRules>;
  readonly #logger: Logger | undefined;
  readonly #linkRoots: readonly string[];
  /** Told what belongs into the log at `debug`. */
  readonly trace: Trace;
  readonly #open = new Map<string, Promise<Registry>>();
  readonly #clients: Promise<RegistryClient>[] = [];

  private constructor(flags: RegistryFlags & TrafficFlags, hosts: Hosts, options: RegistriesOptions) {
    const { authfile: authFile, logLevel, lane, concurrency, limitRate: bytesPerSecond } = flags;
    this.#traffic = { ...trafficOf(flags), waitBudget: announcedWaits(flags.maxTotalWait) };
    const { journal, rules = NO_RULES } = options;
    this.#bounds = flags;
    this.#rules = rules;
    this.#hosts = hosts;
    this.#linkRoots = flags.layoutRoot ?? [];
    this.#lane = lane;
    this.#budgets = new HostBudgets({ rules, bytesPerSecond, concurrency });
    this.#journal = journal;
    this.#logger = logLevel && lineLogger(logLevel, (line) => process.stderr.write(line));
    this.trace = (message) => this.#logger?.debug({}, message);
    const found = hostCredentials({ authFile, trace: this.trace, warn: printWarning });
    this.#found = ruleCredentials(rules, found, this.trace);
  }

  /** Reads the settings. No request. @throws {UsageError} for what is wrong with them, also with the credential files. */
  static async create(flags: RegistryFlags & TrafficFlags, options: RegistriesOptions): Promise<Registries> {
    const { hosts, rules = NO_RULES } = options;
    return readingInput(async () => {
      const settings = await Hosts.read(flags, rules.values());
      await checkHelpers(rules.values());
      if (hosts.length > 0) await checkCredentialFiles({ authFile: flags.authfile, hosts });
      for (const host of hosts) await settings.settingsOf(host);
      return new Registries(flags, settings, options);
    });
  }

  /**
   * The registry at a host, asked with these credentials (`user:password`), else with those that `hostCredentials` finds. No request.
   * @throws {UsageError} for malformed credentials.
   */
  registry(host: string, credentials?: string): Promise<Registry> {
    const key = JSON.stringify([host, credentials]);
    const registry = this.#open.get(key) ?? this.#connect(host, credentials);
    this.#open.set(key, registry);
    return registry;
  }

  /** The store of a repository. No request. */
  async repository(
    place: { readonly host: string; readonly repository: string },
    credentials?: string,
  ): Promise<RegistryStore> {
    return (await this.registry(place.host, credentials)).repository(place.repository);
  }

  /** A layout that is read. @throws {StoreError} as `openLayout`. */
  layout(directory: string): Promise<LayoutStore> {
    return openLayout(directory, { linkRoots: this.#linkRoots });
  }

  /** A client of a registry, for what a store can't do; it is closed with the others. No request. @throws {UsageError} for malformed credentials. */
  client(host: string, credentials?: string): Promise<RegistryClient> {
    const client = this.#options(host, credentials).then(async (options) => {
      const { connectClient } = await import("./connect.ts");
      return readingInput(() => connectClient(options));
    });
    this.#clients.push(client);
    return client;
  }

  /** As `client`, and it speaks the API that only Azure Container Registry has. */
  acrClient(host: string, credentials?: string): Promise<AcrClient> {
    const client = this.#options(host, credentials).then(async (options) => {
      const { connectAcrClient } = await import("./connect.ts");
      return readingInput(() => connectAcrClient(options));
    });
    this.#clients.push(client);
    return client;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const opening of await Promise.allSettled([...this.#open.values(), ...this.#clients])) {
      if (opening.status === "fulfilled") await opening.value.close();
    }
  }

  async #connect(host: string, credentials: string | undefined): Promise<Registry> {
    const options = await this.#options(host, credentials);
    const { connect } = await import("./connect.ts");
    // What is wrong with a proxy in the environment shows here.
    return readingInput(() => connect(options));
  }

  async #options(host: string, credentials: string | undefined): Promise<RegistryOptions> {
    return readingInput(async () => {
      const provider = credentials === undefined ? this.#found : givenCredentials(credentials, this.trace);
      const settings = await this.#hosts.settingsOf(host);
      const connections = this.#budgets.connectionsOf(host);
      const budget = this.#budgets.of(host);
      return {
        host,
        credentials: provider,
        ...settings,
        connections,
        budget,
        lane: this.#lane,
        logger: this.#logger,
        journal: this.#journal,
        ...this.#traffic,
        ...boundsOf(this.#bounds, this.#rules.get(host)?.bounds),
      };
    });
  }
}

/** What the flags say of every registry's traffic. */
function trafficOf({
  pullFloor,
  grace,
  retries,
  maxWait,
}: TrafficFlags): Pick<RegistryOptions, "pullFloor" | "uploads" | "retry"> {
  const inMs = (seconds: number | undefined): number | undefined =>
    seconds === undefined ? undefined : seconds * 1000;
  const attempts = retries === undefined ? undefined : retries + 1;
  return { pullFloor, uploads: { graceMs: inMs(grace) }, retry: { attempts, maxRetryAfterMs: inMs(maxWait) } };
}
