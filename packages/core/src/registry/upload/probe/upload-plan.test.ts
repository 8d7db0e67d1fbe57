import { describe, expect, it } from "vitest";
import type { HostFacts } from "../../profile/host-facts.ts";
import { HostProfile } from "../../profile/host-profile.ts";
import { planUpload, type UploadPlan, type UploadPlanOptions } from "./upload-plan.ts";

const MIB = 1024 * 1024;
const GIB = 1024 * MIB;
const PUT: UploadPlan = { kind: "put" };

function patches(length: number): UploadPlan {
  return { kind: "patch", length };
}

function plan(facts: HostFacts, options: Partial<UploadPlanOptions> = {}, host = "r.example"): UploadPlan {
  const profile = new HostProfile(host);
  profile.learn(facts);
  const session = { location: new URL("https://r.example/v2/app/blobs/uploads/1") };
  return planUpload(profile, { session, size: GIB, chunkSize: 16 * MIB, ...options });
}

describe("planUpload()", () => {
  it.each<[string, UploadPlan, HostFacts, Partial<UploadPlanOptions>]>([
    ["one PUT where nothing is known", PUT, {}, {}],
    ["one PATCH where any byte is kept", patches(GIB), { resume: "any-byte" }, {}],
    ["one PUT of what is not worth going on with", PUT, { resume: "any-byte" }, { size: 16 * MIB }],
    ["chunks where whole ones are kept", patches(16 * MIB), { resume: "whole-chunks" }, {}],
    ["chunks of a length", patches(4 * MIB), { resume: "whole-chunks" }, { chunkSize: 4 * MIB }],
    ["one PUT where nothing is kept", PUT, { resume: "none" }, {}],
    ["the longest bodies that are taken", patches(64 * MIB), { maxBody: 64 * MIB }, {}],
    ["one PUT up to that", PUT, { maxBody: 64 * MIB }, { size: 64 * MIB }],
    ["shorter bodies that were found out", patches(8 * MIB), { maxBody: 64 * MIB }, { maxBody: 8 * MIB }],
    ["bodies as the caller wants them", patches(4 * MIB), {}, { wantedBody: 4 * MIB }],
    ["one PATCH for old Artifactory", patches(GIB), { upload: "patch" }, {}],
    ["PATCHes of a bounded size", patches(16 * MIB), { upload: "chunks" }, { size: MIB }],
    ["one PUT where chunks are refused", PUT, { upload: "put" }, { wantedBody: 4 * MIB }],
    ["one PUT where a chunk was refused just now", PUT, { maxBody: 64 * MIB }, { refuses: "patch" }],
    ["one PATCH where a PUT was refused just now", patches(GIB), {}, { refuses: "put" }],
    [
      "chunks as long as the host has them at least",
      patches(32 * MIB),
      { resume: "whole-chunks", minChunk: 32 * MIB },
      {},
    ],
    ["no empty PATCH", PUT, { upload: "chunks" }, { size: 0 }],
  ])("is %s", (_, expected, facts, options) => {
    expect(plan(facts, options)).toEqual(expected);
  });

  it("takes the shortest chunk from the session", () => {
    const session = { location: new URL("https://r.example/v2/app/blobs/uploads/1"), chunkMinLength: 20 * MIB };
    expect(plan({ resume: "whole-chunks" }, { session })).toEqual(patches(20 * MIB));
  });

  it.each([
    ["team.azurecr.io", patches(16 * MIB)],
    ["europe-docker.pkg.dev", PUT],
    ["gcr.io", PUT],
    ["eu.gcr.io", PUT],
    ["123456789012.dkr.ecr.eu-west-1.amazonaws.com", PUT],
  ])("knows %s", (host, expected) => {
    expect(plan({}, {}, host)).toEqual(expected);
  });
});
