import { readFile, writeFile } from "node:fs/promises";
import { expect, it } from "vitest";
import { sampleImage, seed } from "../support/sample-image.ts";
import { Workbench } from "./workbench.ts";

const IMAGE = sampleImage({ layers: 1 });

it("apply -f FILE sends no request for a plan with an entry that the file does not name, and does the plan without it", async () => {
  await using bench = await Workbench.open();
  let requests = 0;
  const counted = () =>
    bench.serve((_, next) => {
      requests += 1;
      return next();
    });
  const [source, target, elsewhere] = [await counted(), await counted(), await counted()];
  await seed(bench.repository(source, "app"), IMAGE, "v1");
  const mirror = `version: 1\nmirrors:\n  - from: ${source.address}/app\n    to: ${target.address}/copy\n`;
  await writeFile(bench.path("mirror.yaml"), mirror);
  expect(await bench.run(["plan", "-f", "mirror.yaml", "-o", "plan.json"])).toMatchObject({ code: 0 });
  const plan = JSON.parse(await readFile(bench.path("plan.json"), "utf8")) as { images: { to: string }[] };
  const [image] = plan.images;
  const more = [
    { ...image, to: `${elsewhere.address}/copy` },
    { ...image, to: `${target.address}/prod` },
  ];
  await writeFile(bench.path("hostile.json"), JSON.stringify({ ...plan, images: [...plan.images, ...more] }));

  requests = 0;
  const refused = await bench.run(["apply", "hostile.json", "-f", "mirror.yaml"]);
  expect(refused).toMatchObject({ code: 2, stdout: "" });
  expect(refused.stderr.trimEnd().split("\n")).toEqual(
    more.map(({ to }) => expect.stringContaining(`copy "${source.address}/app:v1" to "${to}:v1": `)),
  );
  expect(requests).toBe(0);
  const json = await bench.run(["apply", "hostile.json", "-f", "mirror.yaml", "--json"]);
  expect(JSON.parse(json.stdout)).toMatchObject({ ok: false, error: { code: "USAGE" } });

  expect(await bench.run(["apply", "plan.json", "-f", "mirror.yaml"])).toMatchObject({ code: 0, stderr: "" });
});
