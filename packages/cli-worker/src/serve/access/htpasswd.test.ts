import { describe, expect, it } from "vitest";
import { parseHtpasswd } from "./htpasswd.ts";

const HASH = "$2y$05$zUpsxKnJkCrUyjTRnPcOzuqKbWFjlzNMOCkmi2MXqJ4w7sKfcO9Zy";

describe("parseHtpasswd()", () => {
  it("reads users with bcrypt hashes of any prefix, and skips comments and empty lines", () => {
    const others = ["$2a$", "$2b$"].map((prefix, index) => `user${index}:${HASH.replace("$2y$", prefix)}`);
    const users = parseHtpasswd(["# team", "", `anna:${HASH}`, `  b m:${HASH}\r`, ...others, ""].join("\n"));
    expect([...users.keys()]).toEqual(["anna", "b m", "user0", "user1"]);
    expect(users.get("anna")).toBe(HASH);
  });

  it.each([
    ["an MD5 hash of Apache", "anna:$apr1$lZL6V/ci$eIMz/iKDkbtys/uU7LEK00", /line 1: expected USER:HASH with a bcrypt/],
    ["SHA-1", "anna:{SHA}W6ph5Mm5Pz8GgiULbPgzG37mj9g=", /line 1: expected/],
    [
      "a password in the clear",
      `b:${HASH}\nanna:secret`,
      /^line 2: expected USER:HASH with a bcrypt hash, as "htpasswd -B" writes it$/,
    ],
    ["no user", `:${HASH}`, /line 1: expected/],
    ["a hash that is cut", `anna:${HASH.slice(0, -1)}`, /line 1: expected/],
    ["more after the hash", `anna:${HASH}:x`, /line 1: expected/],
    [
      "a cost that takes minutes",
      `anna:${HASH.replace("$05$", "$20$")}`,
      /line 1: the cost of the hash is 20, expected 4 to 14/,
    ],
    ["a user who is there twice", `anna:${HASH}\nanna:${HASH}`, /line 2: the user is in the file twice/],
    ["nobody", "# none\n", /names no user/],
  ])("refuses %s", (_, text, message) => {
    expect(() => parseHtpasswd(text)).toThrow(message);
  });
});
