import { Registry, type RegistryOptions } from "../../packages/core/src/registry/registry.ts";
import { type Script, type ScriptedRegistry, scriptedRegistry } from "./scripted-registry.ts";

/** A scripted registry and a client of it whose retries come at once. */
export interface ScriptedSetup extends AsyncDisposable {
  readonly server: ScriptedRegistry;
  readonly registry: Registry;
}

export async function scriptedSetup(script?: Script, options: Partial<RegistryOptions> = {}): Promise<ScriptedSetup> {
  const server = await scriptedRegistry(script);
  const registry = new Registry({ host: server.host, plainHttp: true, retry: { baseDelayMs: 1 }, ...options });
  return {
    server,
    registry,
    [Symbol.asyncDispose]: async () => {
      await registry.close();
      await server[Symbol.asyncDispose]();
    },
  };
}
