import { describe, expect, it } from "vitest";
import { changeableAttributes } from "./changeable-attributes.ts";

describe("changeableAttributes()", () => {
  it("names just what changes, as ACR does", () => {
    expect(changeableAttributes({ canDelete: false })).toEqual({ deleteEnabled: false });
    expect(changeableAttributes({ canWrite: true, canList: false, canRead: true, canDelete: undefined })).toEqual({
      writeEnabled: true,
      listEnabled: false,
      readEnabled: true,
    });
  });

  it("refuses what changes nothing, and values that are neither true nor false", () => {
    expect(() => changeableAttributes({})).toThrow(TypeError);
    const misspelt: object = { canDelte: false };
    expect(() => changeableAttributes(misspelt)).toThrow(TypeError);
    const text: object = { canDelete: "false" };
    expect(() => changeableAttributes(text)).toThrow(TypeError);
  });
});
