import { DefaultAzureCredential } from "@azure/identity";
import { AcrClient } from "@tranship/core";

/**
 * A client of the registry at `CONTAINERREGISTRY_ENDPOINT`, as whoever `DefaultAzureCredential` finds: the service principal of `AZURE_TENANT_ID`,
 * `AZURE_CLIENT_ID` and `AZURE_CLIENT_SECRET`, a managed identity, `az login`.
 */
export function connect(): AcrClient {
  // An authority that the environment names is taken as it is: the public cloud doesn't know private ones.
  const disableInstanceDiscovery = process.env["AZURE_AUTHORITY_HOST"] !== undefined;
  const credential = new DefaultAzureCredential({ disableInstanceDiscovery });
  return new AcrClient({ host: variable("CONTAINERREGISTRY_ENDPOINT"), credentials: { kind: "entra", credential } });
}

/** A client without credentials, of the registry at `CONTAINERREGISTRY_ANONREGISTRY_ENDPOINT`. */
export function connectAnonymously(): AcrClient {
  return new AcrClient(variable("CONTAINERREGISTRY_ANONREGISTRY_ENDPOINT"));
}

function variable(name: string): string {
  const value = process.env[name];
  if (value !== undefined && value !== "") return value;
  throw new TypeError(`Expected the registry's URL in ${name}: https://myregistry.azurecr.io`);
}
