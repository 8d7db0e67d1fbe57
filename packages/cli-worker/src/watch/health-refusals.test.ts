import { once } from "node:events";
import { connect } from "node:net";
import { describe, expect, it } from "vitest";
import { UsageError } from "../errors/usage-error.ts";
import { type HealthAddress, serveHealth } from "./health-server.ts";
import { WatchStatus } from "./watch-status.ts";

const HERE = { host: "127.0.0.1", port: 0 };
const [OWN, EVIL] = ["host: localhost", "host: evil.test"];

/** Sends a request as it is written here, and reads until the server closes the connection. */
async function exchange(at: HealthAddress, text: string): Promise<{ readonly status: number; readonly text: string }> {
  await using server = await serveHealth(at, new WatchStatus());
  const socket = connect(Number(server.address.split(":").at(-1)), "127.0.0.1");
  const pieces: Buffer[] = [];
  socket.on("data", (piece) => pieces.push(Buffer.from(piece)));
  // Lines of the table name the port that the system chose.
  socket.write(text.replaceAll("OWN", server.address));
  await once(socket, "close");
  const answer = Buffer.concat(pieces).toString();
  return { status: Number(/^HTTP\/1\.1 (\d{3}) /.exec(answer)?.[1]), text: answer };
}

const head = (target: string, lines: readonly string[], method = "GET") =>
  [`${method} ${target} HTTP/1.1`, "connection: close", ...lines, "", ""].join("\r\n");

describe("serveHealth() refuses what a page of another origin sends", () => {
  it.each([
    ["its own address", "/healthz", ["host: OWN"], 200],
    ["localhost", "/healthz", [OWN], 200],
    ["another loopback address", "/healthz", ["host: 127.0.0.9:80"], 200],
    ["its own address as the whole URL", "http://localhost/healthz", [OWN], 200],
    ["an allowed name", "/metrics", ["host: tranship.monitoring.svc:8080"], 200],
    ["its own origin", "/healthz", ["host: OWN", "origin: http://OWN"], 200],
    ["a name that is not allowed", "/healthz", [EVIL], 403],
    ["a name that is not allowed, for metrics", "/metrics", [EVIL], 403],
    ["a name that is not allowed, elsewhere", "/", [EVIL], 403],
    ["a name below an allowed one", "/healthz", ["host: evil.tranship.monitoring.svc"], 403],
    ["an address that is not its own", "/healthz", ["host: 10.0.0.8"], 403],
    ["a whole URL of another host", "http://evil.test/healthz", [OWN], 400],
    ["no Host", "/healthz", [], 400],
    ["two of them", "/healthz", [OWN, EVIL], 400],
    ["a foreign origin", "/healthz", [OWN, "origin: http://evil.test"], 403],
    ["an opaque origin", "/metrics", [OWN, "origin: null"], 403],
    ["an image of another site", "/healthz", [OWN, "sec-fetch-site: cross-site", "sec-fetch-mode: no-cors"], 403],
    ["/livez for any name", "/livez", [EVIL], 200],
    ["/livez without a Host", "/livez", [], 200],
  ])("%s: %s with %j is answered %i", async (_, target, lines, status) => {
    const answer = await exchange({ ...HERE, allowedHosts: ["tranship.monitoring.svc"] }, head(target, lines));
    expect(answer.status).toBe(status);
    expect(answer.text).toContain("x-content-type-options: nosniff");
    expect(answer.text).not.toContain("access-control-allow-origin");
    if (status >= 400) expect(answer.text).not.toMatch(/"runs"|tranship_sync/);
  });

  it.each([
    ["a method other than GET and HEAD", head("/healthz", [OWN], "POST"), 405],
    ["a preflight", head("/healthz", [OWN, "origin: http://evil.test"], "OPTIONS"), 403],
    ["a POST for another host", head("/livez", [EVIL], "POST"), 403],
    ["nonsense", "nonsense\r\n\r\n", 400],
    ["a head that is too long", head("/healthz", [OWN, `x: ${"a".repeat(20_000)}`]), 431],
    ["an unknown expectation", head("/healthz", [OWN, "expect: more"]), 417],
  ])("%s is answered with the headers for browsers", async (_, text, status) => {
    const answer = await exchange(HERE, text);
    expect(answer.status).toBe(status);
    expect(answer.text).toContain("x-content-type-options: nosniff");
    expect(answer.text).toContain("sandbox");
  });

  it("answers for any address, and for no name, where it listens at all of them", async () => {
    const everywhere = { host: "0.0.0.0", port: 0 };
    expect(await exchange(everywhere, head("/healthz", ["host: 10.1.2.3:8080"]))).toMatchObject({ status: 200 });
    expect(await exchange(everywhere, head("/healthz", [EVIL]))).toMatchObject({ status: 403 });
  });

  it("says which option allows the host", async () => {
    const { text } = await exchange(HERE, head("/healthz", [EVIL]));
    expect(text).toContain("--allowed-host evil.test");
  });

  it.each(["a/b", "http://a", "a:5000", "*", ""])("rejects %j as an allowed host", async (name) => {
    await expect(serveHealth({ ...HERE, allowedHosts: [name] }, new WatchStatus())).rejects.toBeInstanceOf(UsageError);
  });
});
