import type { AcrClient, PropertiesOrder } from "@tranship/core";
import type { OneSideFlags } from "../../arguments/options.ts";
import { UsageError } from "../../errors/usage-error.ts";
import { Registries } from "../../registries/registries.ts";
import { printItems, printNames } from "../../terminal/print-list.ts";
import { readAcrPlace } from "./acr-place.ts";
import { renderManifests } from "./render-properties.ts";

export interface AcrListFlags extends OneSideFlags {
  readonly orderBy?: "updated" | "updated-asc" | undefined;
  readonly json?: boolean | undefined;
}

/** Prints the repositories of a registry, or the manifests of a repository. @throws {StoreError} NAME_UNKNOWN; UNSUPPORTED on other registries. */
export async function acrListAction(text: string, flags: AcrListFlags, signal: AbortSignal): Promise<void> {
  const { host, repository } = await readAcrPlace(text);
  if (repository === undefined && flags.orderBy !== undefined) {
    throw new UsageError("--order-by is for the manifests of a repository: name one");
  }
  await using registries = await Registries.create(flags, { hosts: [host] });
  const client = await registries.acrClient(host, flags.creds);
  if (repository === undefined) await listRepositories(client, flags, signal);
  else await listManifests(client, repository, flags, signal);
}

async function listRepositories(client: AcrClient, flags: AcrListFlags, signal: AbortSignal): Promise<void> {
  const options = { json: flags.json === true, name: "repositories", of: { registry: client.host }, signal };
  await printNames(client.listRepositoryNames({ signal }), options);
}

async function listManifests(
  client: AcrClient,
  repository: string,
  flags: AcrListFlags,
  signal: AbortSignal,
): Promise<void> {
  const list = client.listManifestProperties(repository, { orderBy: orderOf(flags.orderBy), signal });
  const of = { repository: `${client.host}/${repository}` };
  await printItems(list, { json: flags.json === true, name: "manifests", of, signal, render: renderManifests });
}

function orderOf(order: AcrListFlags["orderBy"]): PropertiesOrder | undefined {
  if (order === undefined) return undefined;
  return order === "updated" ? "LastUpdatedOnDescending" : "LastUpdatedOnAscending";
}
