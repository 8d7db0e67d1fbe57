import { expect, it } from "vitest";
import { BASIC, client, failure, read, serve } from "../../../../test/support/transport-setup.ts";
import type { Credential } from "../credentials/credential.ts";

const IDENTITY: Credential = { kind: "identity", token: "refresh" };

/** A registry on this machine, over http, whose challenge names this token service. */
function registryWith(realm: string): Promise<string> {
  return serve((_, response) => {
    response.setHeader("www-authenticate", `Bearer realm="${realm}",service="svc"`);
    response.writeHead(401).end();
  });
}

it.each([
  ["http://tokens.invalid/token", BASIC],
  ["http://tokens.invalid/token", IDENTITY],
  ["http://tokens.invalid:8080/token", BASIC],
  ["http://10.1.2.3/token", BASIC],
])("credentials are not sent in the clear to %s", async (realm, credentials) => {
  const host = await registryWith(realm);
  const error = await failure(read(client(host, { credentials, retry: { attempts: 1 } })));
  const service = new URL(realm).host;
  expect(error).toMatchObject({ code: "CREDENTIALS" });
  expect(error).toMatchObject({
    message: expect.stringContaining(
      `the token service ${service} speaks http, and credentials are not sent in the clear; to allow it, list ${service} in plainHttpTo`,
    ),
  });
});

it.each([
  ["where plainHttpTo has the host", { credentials: BASIC, plainHttpTo: ["tokens.invalid"] }],
  ["where there are none to send", {}],
])("a token service over http is requested %s", async (_, options) => {
  const host = await registryWith("http://tokens.invalid/token");
  const error = await failure(read(client(host, { ...options, retry: { attempts: 1 } })));
  expect(error).toMatchObject({ code: "NETWORK" });
});

it("credentials go to a token service over http on this machine", async () => {
  const shown: (string | undefined)[] = [];
  const service = await serve((request, response) => {
    shown.push(request.headers.authorization);
    response.end('{"token":"t"}');
  });
  const host = await registryWith(`http://${service}/token`);
  await failure(read(client(host, { credentials: BASIC, retry: { attempts: 1 } })));
  expect(shown.length).toBeGreaterThan(0);
  expect(shown.every((authorization) => authorization?.startsWith("Basic "))).toBe(true);
});
