import { Registry, type RegistryOptions } from "@tranship/core";

/** Makes a registry's client. A module of its own, loaded when the first registry is needed: the HTTP stack is the slowest part of a start. */
export function connect(options: RegistryOptions): Registry {
  return new Registry(options);
}
