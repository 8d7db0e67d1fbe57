import { AcrClient, Registry, RegistryClient, type RegistryOptions } from "@tranship/core";

/** Makes a registry. A module of its own, loaded when the first registry is needed: the HTTP stack is the slowest part of a start. */
export function connect(options: RegistryOptions): Registry {
  return new Registry(options);
}

/** Makes a registry's client. */
export function connectClient(options: RegistryOptions): RegistryClient {
  return new RegistryClient(options);
}

/** Makes a client of Azure Container Registry. */
export function connectAcrClient(options: RegistryOptions): AcrClient {
  return new AcrClient(options);
}
