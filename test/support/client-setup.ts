import { RegistryClient } from "../../packages/core/src/client/registry-client.ts";
import type { RegistryOptions } from "../../packages/core/src/registry/registry.ts";
import { type Script, type ScriptedRegistry, scriptedRegistry } from "./scripted-registry.ts";

/** A scripted registry and a `RegistryClient`, or another client, of it whose retries come at once. */
export interface ClientSetup<C extends RegistryClient = RegistryClient> extends AsyncDisposable {
  readonly server: ScriptedRegistry;
  readonly client: C;
}

export function clientSetup(script?: Script): Promise<ClientSetup> {
  return clientSetupOf((options) => new RegistryClient(options), script);
}

export async function clientSetupOf<C extends RegistryClient>(
  make: (options: RegistryOptions) => C,
  script?: Script,
): Promise<ClientSetup<C>> {
  const server = await scriptedRegistry(script);
  const client = make({ host: server.host, plainHttp: true, retry: { baseDelayMs: 1 } });
  return {
    server,
    client,
    [Symbol.asyncDispose]: async () => {
      await client.close();
      await server[Symbol.asyncDispose]();
    },
  };
}
