import { mkdtempDisposable } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openJournal } from "@tranship/copy";
import { Registry } from "@tranship/core";
import { expect, it } from "vitest";
import { sampleImage, seed } from "../support/sample-image.ts";
import { scriptedRegistry } from "../support/scripted-registry.ts";

it("what was seen last is in the journal once registry and journal are closed", async () => {
  await using folder = await mkdtempDisposable(join(tmpdir(), "tranship-state-"));
  await using server = await scriptedRegistry();
  const image = sampleImage({ layers: 2 });
  const journal = await openJournal(folder.path);
  {
    await using registry = new Registry({ host: server.host, plainHttp: true, journal });
    await seed(registry.repository("app"), image, "v1");
  }
  const place = { host: server.host, access: "somebody", repository: "other" };
  const late = journal.blobs.seen(place, image.root.descriptor.digest);
  await journal.close();
  await late;
  const again = await openJournal(folder.path);
  expect(await again.blobs.counts()).toMatchObject({ blobs: image.blobs.length + 1 });
  await again.close();
});
