import { describe, expect, it } from "vitest";
import { HostProfile } from "../../registry/profile/host-profile.ts";
import { chunkLength } from "./chunk-length.ts";

const MIB = 1024 * 1024;

function lengthOn(host: string, chunkMinLength?: number): number {
  const location = new URL("https://r.example/v2/app/blobs/uploads/1?state=secret");
  const session = chunkMinLength === undefined ? { location } : { location, chunkMinLength };
  return chunkLength({ profile: new HostProfile(host) }, session, 4 * MIB);
}

describe("chunkLength()", () => {
  it.each([
    ["r.example", undefined, 4 * MIB],
    ["r.example", 1, 4 * MIB],
    ["r.example", 6 * MIB, 6 * MIB],
    ["123456789012.dkr.ecr.eu-west-1.amazonaws.com", undefined, 5 * MIB],
    ["123456789012.dkr.ecr-fips.us-east-1.amazonaws.com", undefined, 5 * MIB],
    ["123456789012.dkr-ecr.us-east-1.on.aws", undefined, 5 * MIB],
    ["public.ecr.aws", undefined, 5 * MIB],
    ["dkr.ecr.example", undefined, 4 * MIB],
    ["team.azurecr.io", undefined, 4 * MIB],
  ])("of %s that wants %s is %i", (host, minimum, length) => {
    expect(lengthOn(host, minimum)).toBe(length);
  });

  it("refuses more than is kept in memory, and does not tell the session's URL", () => {
    expect(() => lengthOn("r.example", 65 * MIB)).toThrow(
      expect.objectContaining({ code: "PROTOCOL", url: "https://r.example/v2/app/blobs/uploads/1" }),
    );
  });
});
