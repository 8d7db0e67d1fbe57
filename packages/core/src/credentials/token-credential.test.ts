import { describe, expect, it } from "vitest";
import { ACR_AUDIENCES, acrAudience } from "./token-credential.ts";

describe("acrAudience()", () => {
  it.each([
    ["reg.azurecr.io", ACR_AUDIENCES.public],
    ["reg.azurecr.cn", ACR_AUDIENCES.china],
    ["REG.AzureCR.cn:443", ACR_AUDIENCES.china],
    ["reg.azurecr.us", ACR_AUDIENCES.government],
    ["reg.azurecr.us.example", ACR_AUDIENCES.public],
    ["127.0.0.1:5000", ACR_AUDIENCES.public],
  ])("acrAudience() of %s is %s", (host, audience) => {
    expect(acrAudience(host)).toBe(audience);
  });
});
