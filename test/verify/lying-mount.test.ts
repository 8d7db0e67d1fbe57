import { rm } from "node:fs/promises";
import { copy, verifyMirrors } from "@tranship/copy";
import { expect, it } from "vitest";
import { Workbench } from "../cli/workbench.ts";
import { sampleImage, seed } from "../support/sample-image.ts";

const image = sampleImage({ seed: "v1" });
const blob = image.blobs.at(-1)?.descriptor.digest ?? "";

it("verifyMirrors() sends a missing blob that the target claims to have mounted, and has not", async () => {
  await using bench = await Workbench.open();
  let claims = false;
  const from = await bench.serve();
  const to = await bench.serve(async (request, next) =>
    claims && request.query.has("mount") ? { status: 201, headers: { location: "/v2/app/blobs/x" } } : next(),
  );
  const [source, target] = [bench.repository(from, "app"), bench.repository(to, "app")];
  await seed(source, image, "v1");
  await copy({ store: source, reference: "v1" }, { store: target, reference: "v1" });
  await rm(bench.path("registry-1", "app", "blobs", ...blob.split(":")));
  claims = true;

  const spec = { mirror: "m", from: "a", targets: [{ to: "b" }], tags: ["v1"] };
  const stores = { source: async () => source, target: async () => target };
  expect(await verifyMirrors([spec], stores)).toMatchObject({ outcomes: { different: 1 } });
  expect(await verifyMirrors([spec], stores, { repair: true })).toMatchObject({ ok: true, outcomes: { repaired: 1 } });
  expect(await verifyMirrors([spec], stores, { deep: true })).toMatchObject({ ok: true });
});
