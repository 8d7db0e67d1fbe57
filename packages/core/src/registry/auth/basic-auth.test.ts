import { once } from "node:events";
import { createServer, type RequestListener, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import type { Credential } from "../../credentials/credential.ts";
import type { RequestRecord } from "../../store/store.ts";
import { createRegistryTransport } from "../registry-transport.ts";
import type { RegistryRequest, RegistryTransport } from "../request.ts";
import type { RegistryTransportOptions } from "../transport-options.ts";

const cleanups: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

/** Starts a server; gives `127.0.0.1:PORT`. */
async function listen(server: Server): Promise<string> {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  cleanups.push(async () => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  return `127.0.0.1:${port}`;
}

function serve(listener: RequestListener): Promise<string> {
  return listen(createServer(listener));
}

const BASIC: Credential = { kind: "basic", username: "user", password: "secret-pw" };

function client(host: string, options: Partial<RegistryTransportOptions> = {}): RegistryTransport {
  const made = createRegistryTransport({ host, proxyEnv: {}, sleep: async () => {}, ...options });
  cleanups.push(() => made.close());
  return made;
}

const SCOPES = ["repository:app:pull"];

function manifest(init: Partial<RegistryRequest> = {}): RegistryRequest {
  return { method: "GET", path: "/v2/app/manifests/latest", kind: "manifest", scopes: SCOPES, accept: [200], ...init };
}

async function read(made: RegistryTransport, init: Partial<RegistryRequest> = {}): Promise<string> {
  const response = await made.request(manifest(init));
  return new TextDecoder().decode(await response.body.bytes(1 << 20));
}

function failure(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    () => {
      throw new Error("it did not fail");
    },
    (error: unknown) => error,
  );
}

describe("RegistryTransport.request() with basic auth", () => {
  const listener: RequestListener = (incoming, response) => {
    if (incoming.headers.authorization === `Basic ${Buffer.from("user:secret-pw").toString("base64")}`)
      return response.end("ok");
    return response.writeHead(401, { "www-authenticate": 'Basic realm="r"' }).end();
  };

  it("logs in after the challenge, and at once from then on", async () => {
    const made = client(await serve(listener), { credentials: BASIC });
    const statuses: number[] = [];
    const onRequest = ({ status }: RequestRecord): void => void statuses.push(status);
    await read(made, { onRequest });
    await read(made, { onRequest });
    expect(statuses).toEqual([401, 200, 200]);
  });

  it("says where to log in where no credentials were given, after one request", async () => {
    const host = await serve(listener);
    const statuses: number[] = [];
    const error = await failure(read(client(host), { onRequest: ({ status }) => statuses.push(status) }));
    expect(error).toMatchObject({ code: "UNAUTHORIZED", status: 401 });
    expect(String(error)).toContain(`no credentials for ${host} were given; log in with: tranship login ${host}`);
    expect(statuses).toEqual([401]);
  });

  it("does not repeat wrong credentials", async () => {
    const host = await serve(listener);
    const statuses: number[] = [];
    const credentials: Credential = { ...BASIC, password: "wrong" };
    const error = await failure(
      read(client(host, { credentials }), { onRequest: ({ status }) => statuses.push(status) }),
    );
    expect(String(error)).toMatch(/were refused/);
    expect(statuses).toEqual([401, 401]);
  });

  it("gives up on a registry whose challenges keep changing", async () => {
    let n = 0;
    const host = await serve((_, response) => {
      response.setHeader("www-authenticate", n++ % 2 === 0 ? 'Basic realm="r"' : `Bearer realm="http://${host}/t${n}"`);
      response.writeHead(401).end();
    });
    expect(await failure(read(client(host, { credentials: BASIC })))).toMatchObject({ code: "UNAUTHORIZED" });
    expect(n).toBeLessThan(10);
  });
});
