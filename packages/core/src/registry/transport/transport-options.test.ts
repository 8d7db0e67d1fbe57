import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { Agent, type Dispatcher } from "undici";
import { describe, expect, it } from "vitest";
import { scriptedSetup } from "../../../../../test/support/scripted-setup.ts";
import { Registry } from "../registry.ts";
import type { RegistryTransportOptions } from "./transport-options.ts";

describe("userAgentSuffix", () => {
  it("follows the name and version, for tokens too", async () => {
    const agents = new Set<string | undefined>();
    await using setup = await scriptedSetup(
      ({ headers, path }) => {
        agents.add(headers["user-agent"]);
        if (path.startsWith("/token")) return { status: 200, body: '{"token":"t"}' };
        if (headers.authorization !== undefined) return undefined;
        return { status: 401, headers: { "www-authenticate": `Bearer realm="http://${headers.host}/token"` } };
      },
      { userAgentSuffix: "mirror/3" },
    );
    await setup.registry.ping();
    expect(setup.server.log).toHaveLength(3);
    expect([...agents]).toEqual([expect.stringMatching(/^tranship\/\d+\.\d+\.\d+\S* mirror\/3$/)]);
  });
});

describe("proxy", () => {
  /** A proxy that answers itself. */
  async function startProxy(): Promise<{ readonly asked: string[]; readonly host: string } & AsyncDisposable> {
    const asked: string[] = [];
    const server = createServer((request, response) => {
      asked.push(`${request.method} ${request.url} ${request.headers["proxy-authorization"]}`);
      response.end();
    });
    server.on("connect", (request, socket) => {
      asked.push(`CONNECT ${request.url}`);
      socket.end("HTTP/1.1 502 Bad Gateway\r\n\r\n");
    });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    const { port } = server.address() as AddressInfo;
    return {
      asked,
      host: `127.0.0.1:${port}`,
      [Symbol.asyncDispose]: async () => {
        server.closeAllConnections();
        server.close();
      },
    };
  }

  it("is taken in the place of the environment's, whatever that excepts", async () => {
    await using proxy = await startProxy();
    await using registry = new Registry({
      host: "registry.invalid",
      plainHttp: true,
      proxy: `http://me:pw@${proxy.host}`,
      proxyEnv: { HTTP_PROXY: "http://127.0.0.1:1", NO_PROXY: "*" },
    });
    await registry.ping();
    const authorization = `Basic ${Buffer.from("me:pw").toString("base64")}`;
    expect(proxy.asked).toEqual([`GET http://registry.invalid/v2/ ${authorization}`]);
  });

  it("tunnels https", async () => {
    await using proxy = await startProxy();
    await using registry = new Registry({
      host: "registry.invalid",
      proxy: `http://${proxy.host}`,
      retry: { attempts: 1 },
    });
    await expect(registry.ping()).rejects.toMatchObject({ code: "NETWORK" });
    expect(proxy.asked).toEqual(["CONNECT registry.invalid:443"]);
  });

  it("that is false leaves the environment's aside", async () => {
    await using proxy = await startProxy();
    await using registry = new Registry({
      host: "registry.invalid",
      plainHttp: true,
      proxy: false,
      proxyEnv: { HTTP_PROXY: `http://${proxy.host}` },
      retry: { attempts: 1 },
    });
    await expect(registry.ping()).rejects.toMatchObject({ code: "NETWORK" });
    expect(proxy.asked).toEqual([]);
  });

  it.each(["socks5://me:secret-pw@proxy.example:1", "http://", "http://me:secret-pw@:1"])(
    "refuses %j, without showing it",
    (proxy) => {
      const making = (): Registry => new Registry({ host: "r.example", proxy });
      expect(making).toThrow(SyntaxError);
      expect(making).not.toThrow(/secret-pw/);
    },
  );
});

it.each([
  [{ connections: 0 }, new RangeError("Bad connections 0: expected a whole number from 1")],
  [{ connections: 1.5 }, new RangeError("Bad connections 1.5: expected a whole number from 1")],
  [{ tls: { ca: ["ca.crt"] } }, /^Bad tls\.ca\[0\]: expected a certificate as PEM text/],
  [{ credentials: "me:sesame" as never }, /^(?!.*sesame)Bad credentials: expected an object with a kind/],
  [{ credentials: { kind: "basic", username: "me" } as never }, /^Bad credentials: password: expected text/],
] as const)("%o is refused when the client is made", (options, error) => {
  expect(() => new Registry({ host: "r.example", ...options })).toThrow(error);
});

it("what a provider of credentials gives is checked too, and what it throws is thrown", async () => {
  const challenge = { status: 401, headers: { "www-authenticate": "Basic" } };
  const token = process.env["NEVER_SET"] as string;
  await using setup = await scriptedSetup(() => challenge, { credentials: async () => ({ kind: "bearer", token }) });
  await expect(setup.registry.ping()).rejects.toThrow(/^Bad credentials: token: expected text, got undefined$/);
  const sealed = new Error("the vault is sealed");
  await using other = await scriptedSetup(() => challenge, { credentials: () => Promise.reject(sealed) });
  await expect(other.registry.ping()).rejects.toBe(sealed);
});

describe("dispatcher", () => {
  /** An agent that notes what it is asked for. */
  class Noting extends Agent {
    readonly noted: string[] = [];

    override dispatch(options: Dispatcher.DispatchOptions, handler: Dispatcher.DispatchHandler): boolean {
      this.noted.push(`${options.method} ${options.origin}${options.path}`);
      return super.dispatch(options, handler);
    }
  }

  it("sends every request, and is left open", async () => {
    const dispatcher = new Noting();
    await using setup = await scriptedSetup(undefined, { dispatcher });
    await setup.registry.ping();
    await setup.registry.close();
    await using again = new Registry({ host: setup.server.host, plainHttp: true, dispatcher });
    await again.ping();
    expect(dispatcher.noted).toEqual(Array(2).fill(`GET http://${setup.server.host}/v2/`));
    await dispatcher.close();
  });

  it("gives up what is under way when the client is closed", async () => {
    const dispatcher = new Agent();
    const asked = Promise.withResolvers<void>();
    await using setup = await scriptedSetup(
      () => {
        asked.resolve();
        return new Promise<never>(() => {});
      },
      { dispatcher },
    );
    const pinging = setup.registry.ping();
    const failing = expect(pinging).rejects.toMatchObject({
      code: "NETWORK",
      message: expect.stringMatching(/the client was closed/),
    });
    await asked.promise;
    await setup.registry.close();
    await failing;
    await dispatcher.close();
  });

  it.each<Partial<RegistryTransportOptions>>([
    { tls: {} },
    { insecure: true },
    { connections: 1 },
    { proxy: "http://proxy.example:3128" },
    { proxy: false },
    { proxyEnv: {} },
    { timeouts: { connectMs: 1 } },
  ])("excludes %j", (options) => {
    const dispatcher = new Agent();
    expect(() => new Registry({ host: "r.example", dispatcher, ...options })).toThrow(TypeError);
  });
});
