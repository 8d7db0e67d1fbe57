import { describe, expect, it } from "vitest";
import { parseMirrorFile } from "../mirror/file/parse-mirror-file.ts";
import { WatchStatus } from "../watch/watch-status.ts";
import { withoutUsers } from "./without-users.ts";

const DIGEST = `sha256:${"a".repeat(64)}`;

describe("withoutUsers()", () => {
  it.each([
    ['Bad host "me:S3CRET@r.example"', 'Bad host "***@r.example"'],
    ['Bad reference "me:S3CRET@r.example/app:v1"', 'Bad reference "***@r.example/app:v1"'],
    [`"me:S3CRET@r.example/app@${DIGEST}"`, `"***@r.example/app@${DIGEST}"`],
    ['"https://me:S3CRET@r.example/"', '"https://***@r.example/"'],
    ['"docker://me:S3CRET@r.example/a"', '"docker://***@r.example/a"'],
    ['"me:S3C@RET@r.example"', '"***@r.example"'],
    ['"me:S3C/RET@r.example"', '"***@r.example"'],
    ['"me:S3C\\"RET x@r.example"', '"***@r.example"'],
    ["see me:S3CRET@r.example, please", "see ***@r.example, please"],
    ['hosts["me:S3CRET@r.example"].ca', 'hosts["***@r.example"].ca'],
  ])("%s", (message, expected) => {
    expect(withoutUsers(message)).toBe(expected);
  });

  it.each([
    `"r.example/app:v1@${DIGEST}"`,
    `"app:v1@${DIGEST}"`,
    `"r.example:5000/app@${DIGEST}"`,
    '"r.example:5000/app@v1"',
    '"/home/me@corp/mirror.yaml"',
    "mirror.yaml:3:5: mirrors[0].from: a @ alone",
  ])("leaves %s", (message) => {
    expect(withoutUsers(message)).toBe(message);
  });
});

describe("WatchStatus", () => {
  it.each(["from: me:S3CRET@r.example/a", "from: https://me:S3CRET@r.example/a"])(
    "shows no password of a file that is broken: %s",
    (from) => {
      const status = new WatchStatus();
      const text = `version: 1\nmirrors:\n  - ${from}\n    to: t.example/a\n`;
      try {
        parseMirrorFile({ text, name: "m.yaml", folder: "/", variables: {} });
      } catch (error) {
        status.onEvent({ type: "broken", error, loadedAt: new Date(0) } as never);
      }
      expect(status.health.fileProblem).toContain("mirrors[0].from");
      expect(status.health.fileProblem).not.toContain("S3CRET");
    },
  );
});
