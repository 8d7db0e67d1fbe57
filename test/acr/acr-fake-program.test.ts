import { spawn } from "node:child_process";
import { once } from "node:events";
import { access } from "node:fs/promises";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { expect, it } from "vitest";
import { findPeer, howToInstall } from "../peers/find-peer.ts";

const PROGRAM = join(import.meta.dirname, "acr-fake-program.ts");
const isMissing = findPeer("openssl") === undefined && process.env["CI"] === undefined;
if (isMissing) console.warn(`Skipped: acr-fake (${howToInstall("openssl")})`);

it.skipIf(isMissing).each(["SIGTERM", "SIGINT"] as const)(
  "acr-fake prints one JSON line with what a client needs, and is gone without a trace at %s",
  async (signal) => {
    const child = spawn(process.execPath, [PROGRAM, "--access-token-seconds", "60"], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    const ended = once(child, "exit");
    const lines = createInterface({ input: child.stdout });
    const [line] = await once(lines, "line");
    const printed: Record<string, unknown> = JSON.parse(String(line));
    expect(Object.keys(printed)).toEqual(
      expect.arrayContaining(["url", "caFile", "tenantId", "clientId", "clientSecret", "authorityHost"]),
    );
    const { url, caFile } = printed;
    expect(url).toMatch(/^https:\/\/127\.0\.0\.1:\d+$/);
    await access(String(caFile));
    child.kill(signal);
    expect(await ended).toEqual([0, null]);
    await expect(access(dirname(String(caFile)))).rejects.toMatchObject({ code: "ENOENT" });
  },
);
