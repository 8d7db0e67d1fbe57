import { describe, expect, it } from "vitest";
import { startAcrFake } from "../start-acr-fake.ts";
import { AZURE_JS } from "./azure-js/azure-js.ts";
import { azurePython } from "./azure-python/azure-python.ts";
import { pythonEnvironment } from "./azure-python/python-environment.ts";
import { runSample, type SampleClient } from "./run-sample.ts";
import { SAMPLES } from "./samples.ts";
import { TRANSHIP } from "./tranship.ts";

const environment = await pythonEnvironment();
const clients: SampleClient[] = [AZURE_JS, TRANSHIP];
if ("python" in environment) clients.push(azurePython(environment.python));

describe.each(SAMPLES)("the sample $name on the ACR fake", (sample) => {
  it.concurrent.each(clients)("has with $name the result that it has with all clients", async (client) => {
    await using fake = await startAcrFake(sample.options);
    await sample.prepare(fake);
    expect(await runSample(client, sample, fake)).toEqual(sample.expected);
    // A client that had shown the registry's token there would have been refused.
    expect(fake.requests.filter(({ server, auth }) => server === "storage" && auth !== "none")).toEqual([]);
  });
});

describe("the samples of Azure's Python client", () => {
  if ("python" in environment) {
    it("have an environment", () => expect(clients).toHaveLength(3));
    return;
  }
  const reason = `no Python with venv and pip: ${environment.missing}`;
  if (process.env["CI"] === undefined) console.warn(`Skipped: the samples of Azure's Python client (${reason})`);
  it.skipIf(process.env["CI"] === undefined)(`are run (${reason})`, () => {
    throw new Error(`Cannot run the samples of Azure's Python client: ${reason}`);
  });
});
