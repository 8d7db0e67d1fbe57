// `pnpm acr-fake`: starts the fake by hand, prints one JSON line with what a client needs, and runs until it is told to end.
// With --images it has those that examples/README.md wants.
import { parseArgs } from "node:util";
import { HELLO, lockManifest, pushHello, V2 } from "./hello-world.ts";
import { startAcrFake } from "./start-acr-fake.ts";

const { values } = parseArgs({
  options: {
    port: { type: "string", default: "0" },
    "access-token-seconds": { type: "string", default: "4500" },
    "refresh-token-seconds": { type: "string", default: "10800" },
    images: { type: "boolean", default: false },
    "no-anonymous": { type: "boolean", default: false },
  },
});
const ended = Promise.withResolvers<void>();
for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => ended.resolve());

await using fake = await startAcrFake({
  port: Number(values.port),
  lifetimes: { access: Number(values["access-token-seconds"]), refresh: Number(values["refresh-token-seconds"]) },
  anonymousPull: !values["no-anonymous"],
});
if (values.images) {
  await pushHello(fake);
  await lockManifest(fake, HELLO, V2.digest);
}
const { url, host, storageUrl, authorityHost, caFile, tenantId, clientId, clientSecret, adminUser, adminPassword } =
  fake;
const { environment } = fake;
const server = { url, host, storageUrl, authorityHost, caFile };
const identity = { tenantId, clientId, clientSecret, adminUser, adminPassword };
process.stdout.write(`${JSON.stringify({ ...server, ...identity, environment })}\n`);
await ended.promise;
