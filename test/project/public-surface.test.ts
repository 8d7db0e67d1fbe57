import { expect, it } from "vitest";
import { PACKAGE_NAMES } from "./packages.ts";
import { publicSurface } from "./public-surface.ts";

it.each(PACKAGE_NAMES)("%s exports what surface/ says; a wanted change is written by vitest --update", async (name) => {
  const file = `./surface/${name.replace("@", "").replace("/", "-")}.txt`;
  await expect(await publicSurface(name)).toMatchFileSnapshot(file);
});
