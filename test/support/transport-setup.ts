import { once } from "node:events";
import { createServer, type RequestListener, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import type { Credential } from "@tranship/core";
import { afterEach } from "vitest";
import type { RegistryRequest, RegistryTransport } from "../../packages/core/src/http/request.ts";
import { createRegistryTransport } from "../../packages/core/src/registry/transport/registry-transport.ts";
import type { RegistryTransportOptions } from "../../packages/core/src/registry/transport/transport-options.ts";

/** What is closed after each test, the newest first. */
export const cleanups: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

/** Starts a server; gives `127.0.0.1:PORT`. */
export async function listen(server: Server): Promise<string> {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  cleanups.push(async () => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  return `127.0.0.1:${port}`;
}

export function serve(listener: RequestListener): Promise<string> {
  return listen(createServer(listener));
}

export const BASIC = { kind: "basic", username: "user", password: "secret-pw" } as const satisfies Credential;

/** A transport that waits for nothing between tries. */
export function client(host: string, options: Partial<RegistryTransportOptions> = {}): RegistryTransport {
  const made = createRegistryTransport({ host, proxyEnv: {}, sleep: async () => {}, ...options });
  cleanups.push(() => made.close());
  return made;
}

export const SCOPES: readonly string[] = ["repository:app:pull"];

export function manifest(init: Partial<RegistryRequest> = {}): RegistryRequest {
  return { method: "GET", path: "/v2/app/manifests/latest", kind: "manifest", scopes: SCOPES, accept: [200], ...init };
}

export async function read(made: RegistryTransport, init: Partial<RegistryRequest> = {}): Promise<string> {
  const response = await made.request(manifest(init));
  return new TextDecoder().decode(await response.body.bytes(1 << 20));
}

/** What a promise rejects with. */
export function failure(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    () => {
      throw new Error("it did not fail");
    },
    (error: unknown) => error,
  );
}
