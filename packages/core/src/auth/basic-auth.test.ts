import type { RequestListener } from "node:http";
import { describe, expect, it } from "vitest";
import { BASIC, client, failure, read, serve } from "../../../../test/support/transport-setup.ts";
import type { Credential } from "../credentials/credential.ts";
import type { RequestRecord } from "../store/store.ts";

describe("RegistryTransport.request() with basic auth", () => {
  const listener: RequestListener = (incoming, response) => {
    if (incoming.headers.authorization === `Basic ${Buffer.from("user:secret-pw").toString("base64")}`)
      return response.end("ok");
    return response.writeHead(401, { "www-authenticate": 'Basic realm="r"' }).end();
  };

  it("logs in after the challenge, and at once from then on", async () => {
    const made = client(await serve(listener), { credentials: BASIC });
    const statuses: number[] = [];
    const onExchange = ({ status }: RequestRecord): void => void statuses.push(status);
    await read(made, { call: { onExchange } });
    await read(made, { call: { onExchange } });
    expect(statuses).toEqual([401, 200, 200]);
  });

  it("says that no credentials were given, after one request", async () => {
    const host = await serve(listener);
    const statuses: number[] = [];
    const error = await failure(read(client(host), { call: { onExchange: ({ status }) => statuses.push(status) } }));
    expect(error).toMatchObject({ code: "UNAUTHORIZED", status: 401 });
    expect(String(error)).toMatch(new RegExp(`\\(401\\); no credentials for ${host} were given$`));
    expect(statuses).toEqual([401]);
  });

  it("does not repeat wrong credentials", async () => {
    const host = await serve(listener);
    const statuses: number[] = [];
    const credentials: Credential = { ...BASIC, password: "wrong" };
    const error = await failure(
      read(client(host, { credentials }), { call: { onExchange: ({ status }) => statuses.push(status) } }),
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
