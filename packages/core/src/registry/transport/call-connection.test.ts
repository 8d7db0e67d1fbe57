import { mkdtempDisposable, readFile } from "node:fs/promises";
import { createServer } from "node:http";
import { createServer as createTlsServer } from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Agent, type Dispatcher } from "undici";
import { expect, it } from "vitest";
import { CertificateAuthority } from "../../../../../test/support/certificates.ts";
import {
  cleanups,
  client,
  failure,
  listen,
  manifest,
  read,
  serve,
} from "../../../../../test/support/transport-setup.ts";

it("a call's user agent is its own, and that of other calls the client's", async () => {
  const agents: (string | undefined)[] = [];
  const host = await serve((request, response) => {
    agents.push(request.headers["user-agent"]);
    response.end("{}");
  });
  const made = client(host, { userAgentSuffix: "mirror/3" });
  await read(made, { call: { userAgentSuffix: "job/7" } });
  await read(made);
  expect(agents).toEqual([expect.stringMatching(/ job\/7$/), expect.stringMatching(/ mirror\/3$/)]);
});

it("a call's proxy is asked by that call alone", async () => {
  const asked: string[] = [];
  const proxy = createServer((request, response) => {
    asked.push(`proxy ${request.url}`);
    response.end("{}");
  });
  const proxyHost = await listen(proxy);
  const made = client("registry.invalid", { plainHttp: true });
  for (const _ of [1, 2]) await read(made, { call: { connection: { proxy: `http://${proxyHost}` } } });
  expect(asked).toEqual(Array(2).fill("proxy http://registry.invalid/v2/app/manifests/latest"));
  expect(await failure(read(made, { call: { retry: { attempts: 1 } } }))).toMatchObject({ code: "NETWORK" });
});

it("a call's dispatcher sends its requests, and is left open", async () => {
  let dispatched = 0;
  class Counting extends Agent {
    override dispatch(options: Dispatcher.DispatchOptions, handler: Dispatcher.DispatchHandler): boolean {
      dispatched += 1;
      return super.dispatch(options, handler);
    }
  }
  const dispatcher = new Counting();
  cleanups.push(() => dispatcher.close());
  const host = await serve((_request, response) => void response.end("{}"));
  const made = client(host, { plainHttp: true });
  await read(made, { call: { connection: { dispatcher } } });
  await read(made);
  expect(dispatched).toBe(1);
  await made.close();
  expect(dispatcher.closed).toBe(false);
});

it("a call's authorities are trusted by that call alone", async () => {
  await using folder = await mkdtempDisposable(join(tmpdir(), "tranship-call-tls-"));
  const authority = await CertificateAuthority.create("openssl", folder.path);
  const { certificate, key } = await authority.issue("server");
  const server = createTlsServer(
    { cert: await readFile(certificate), key: await readFile(key) },
    (_request, response) => response.end("{}"),
  );
  const host = await listen(server);
  const ca = await readFile(authority.certificate, "utf8");
  const made = client(host);
  expect(await read(made, { call: { connection: { tls: { ca: [ca] } } } })).toBe("{}");
  expect(await failure(read(made, { call: { retry: { attempts: 1 } } }))).toMatchObject({ code: "TLS" });
  expect(await read(made, { call: { connection: { insecure: true } } })).toBe("{}");
});

it.each([
  [{ connectMs: -1 }, RangeError],
  [{ dispatcher: new Agent(), proxy: false }, TypeError],
  [{ proxy: "socks5://proxy.example:1" }, SyntaxError],
  [{ tls: { ca: ["ca.crt"] } }, TypeError],
] as const)("a call's connection %o is refused before anything is sent", async (connection, error) => {
  let asked = 0;
  const host = await serve((_request, response) => {
    asked += 1;
    response.end("{}");
  });
  const made = client(host, { plainHttp: true });
  await expect(made.request(manifest({ call: { connection } }))).rejects.toThrow(error);
  expect(asked).toBe(0);
});
