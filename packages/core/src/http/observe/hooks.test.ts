import { describe, expect, it } from "vitest";
import { BIG, blobOf, opening } from "../../../../../test/support/scripted-blobs.ts";
import type { Script, ScriptedRequest } from "../../../../../test/support/scripted-registry.ts";
import { scriptedSetup } from "../../../../../test/support/scripted-setup.ts";
import type { ReceivedResponse, SentRequest } from "../../call/call-options.ts";

const TAGS = { status: 200, body: '{"tags":["v1"]}', headers: { "set-cookie": "session=1", "x-request-id": "abc" } };

/** A registry that asks for a token, which it gives itself. */
function withTokens(seen: ScriptedRequest["headers"][]): Script {
  return ({ path, headers }) => {
    seen.push(headers);
    if (path.startsWith("/token")) return { status: 200, body: '{"token":"t0ps3cret"}' };
    if (headers.authorization !== undefined) return TAGS;
    const realm = `http://${headers.host}/token`;
    return { status: 401, headers: { "www-authenticate": `Bearer realm="${realm}",service="s"` } };
  };
}

describe("onRequest", () => {
  it("sees each request, for tokens too, without secrets, and adds headers", async () => {
    const seen: ScriptedRequest["headers"][] = [];
    const sent: SentRequest[] = [];
    await using setup = await scriptedSetup(withTokens(seen), {
      credentials: { kind: "basic", username: "me", password: "pw" },
    });
    const onRequest = (request: SentRequest) => {
      sent.push(request);
      return { "X-Trace": String(sent.length) };
    };
    await Array.fromAsync(setup.registry.repository("app").tags({ onRequest }));
    const host = `http://${setup.server.host}`;
    expect(sent.map(({ method, kind, url }) => `${method} ${kind} ${url}`)).toEqual([
      `GET tags ${host}/v2/app/tags/list?n=1000`,
      `GET token ${host}/token?service=s&scope=repository%3Aapp%3Apull&account=REDACTED`,
      `GET tags ${host}/v2/app/tags/list?n=1000`,
    ]);
    expect(seen.map((headers) => headers["x-trace"])).toEqual(["1", "2", "3"]);
    expect(sent.map(({ headers }) => headers["authorization"])).toEqual([undefined, "REDACTED", "REDACTED"]);
    expect(JSON.stringify(sent)).not.toMatch(/t0ps3cret|bWU6cHc/);
  });

  it("of the client comes before that of the call, whose headers win", async () => {
    const seen: ScriptedRequest["headers"][] = [];
    const order: string[] = [];
    await using setup = await scriptedSetup(
      ({ headers }) => {
        seen.push(headers);
        return TAGS;
      },
      {
        onRequest: () => {
          order.push("client");
          return { "X-Team": "client", "x-client": "1" };
        },
      },
    );
    const onRequest = () => {
      order.push("call");
      return { "x-team": "call" };
    };
    await Array.fromAsync(setup.registry.repository("app").tags({ onRequest }));
    expect(order).toEqual(["client", "call"]);
    expect(seen[0]).toMatchObject({ "x-team": "call", "x-client": "1" });
  });

  it.each(["authorization", "Content-Length", "host", "transfer-encoding", "bad name"])(
    "is refused the header %j",
    async (name) => {
      await using setup = await scriptedSetup();
      const resolving = setup.registry.repository("app").resolve("v1", { onRequest: () => ({ [name]: "1" }) });
      await expect(resolving).rejects.toThrow(TypeError);
      expect(setup.server.log).toEqual([]);
    },
  );

  it("that answers with a promise is told that nobody waits for it", async () => {
    await using setup = await scriptedSetup();
    const onRequest = (async () => Promise.reject(new Error("not waited for"))) as unknown as () => undefined;
    const resolving = setup.registry.repository("app").resolve("v1", { onRequest });
    await expect(resolving).rejects.toThrow(/^onRequest must return headers or nothing, and no promise/);
    expect(setup.server.log).toEqual([]);
  });

  it("that throws fails the call with what it threw, and nothing is sent", async () => {
    await using setup = await scriptedSetup();
    const error = new Error("not this one");
    const onRequest = () => {
      throw error;
    };
    await expect(setup.registry.repository("app").resolve("v1", { onRequest })).rejects.toBe(error);
    expect(setup.server.log).toEqual([]);
  });
});

describe("onResponse", () => {
  it("sees the head of each answer without secrets, and the headers that hooks added", async () => {
    const received: ReceivedResponse[] = [];
    await using setup = await scriptedSetup(() => TAGS, { onRequest: () => ({ "x-team": "a" }) });
    await Array.fromAsync(
      setup.registry.repository("app").tags({ onResponse: (response) => void received.push(response) }),
    );
    expect(received).toMatchObject([
      {
        status: 200,
        headers: { "set-cookie": "REDACTED", "x-request-id": "abc" },
        request: { method: "GET", kind: "tags", headers: { "x-team": "a" } },
      },
    ]);
    expect(received[0]?.durationMs).toBeGreaterThan(0);
  });

  it("is not shown the query of an upload's location", async () => {
    const received: ReceivedResponse[] = [];
    await using setup = await scriptedSetup();
    const onResponse = (response: ReceivedResponse) => void received.push(response);
    await setup.registry.repository("app").push(blobOf(BIG), opening(BIG), { onResponse });
    const locations = received.map(({ headers }) => headers["location"]).filter((location) => location !== undefined);
    expect(locations[0]).toBe("/v2/app/blobs/uploads/upload-1?state=REDACTED");
    expect(received.map(({ request }) => request.url).filter((url) => url.includes("state="))[0]).toMatch(
      /\?state=REDACTED&digest=sha256/,
    );
  });

  it("that throws fails the call, and its connection is free again", async () => {
    // More than is buffered: a body that is neither read nor dropped would hold the connection.
    const long = { ...TAGS, body: TAGS.body.padEnd(1_000_000) };
    await using setup = await scriptedSetup(() => long, { connections: 1 });
    const error = new Error("no");
    const onResponse = () => {
      throw error;
    };
    const store = setup.registry.repository("app");
    await expect(Array.fromAsync(store.tags({ onResponse }))).rejects.toBe(error);
    expect(setup.server.log).toHaveLength(1);
    expect(await Array.fromAsync(store.tags())).toEqual(["v1"]);
  });

  it("that throws while a blob is pushed leaves no session behind", async () => {
    await using setup = await scriptedSetup();
    const error = new Error("no");
    const onResponse = ({ request }: ReceivedResponse) => {
      if (request.method === "PUT") throw error;
    };
    const pushing = setup.registry.repository("app").push(blobOf(BIG), opening(BIG), { onResponse });
    await expect(pushing).rejects.toBe(error);
    expect(setup.server.uploads.size).toBe(0);
  });
});
