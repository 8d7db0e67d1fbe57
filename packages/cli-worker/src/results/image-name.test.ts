import { expect, it } from "vitest";
import { imageName } from "./image-name.ts";

const DIGEST = `sha256:${"0".repeat(64)}`;

it.each([
  [{ from: "a.b/c" }, "a.b/c"],
  [{ from: "a.b/c", tag: "v1" }, "a.b/c:v1"],
  [{ from: "a.b/c", to: "d.e/f" }, "a.b/c → d.e/f"],
  [{ from: "a.b/c", tag: "v1", to: "d.e/f", targetTag: "v2" }, "a.b/c:v1 → d.e/f:v2"],
  [{ from: "a.b/c", tag: DIGEST, to: "d.e/f", targetTag: DIGEST }, `a.b/c@${DIGEST} → d.e/f@${DIGEST}`],
])("imageName() of %j", (image, name) => {
  expect(imageName(image)).toBe(name);
});
