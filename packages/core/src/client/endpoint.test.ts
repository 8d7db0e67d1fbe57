import { describe, expect, it } from "vitest";
import { endpointOptions } from "./endpoint.ts";

describe("endpointOptions()", () => {
  it.each([
    ["r.example", { host: "r.example" }],
    ["R.example:5000", { host: "r.example:5000" }],
    ["[::1]:5000", { host: "[::1]:5000" }],
    ["https://myregistry.azurecr.io", { host: "myregistry.azurecr.io" }],
    ["https://myregistry.azurecr.io/", { host: "myregistry.azurecr.io" }],
    ["http://127.0.0.1:5000", { host: "127.0.0.1:5000", plainHttp: true }],
  ])("reads %s", (text, options) => {
    expect(endpointOptions(text)).toEqual(options);
    expect(endpointOptions({ host: text, connections: 3 })).toEqual({ connections: 3, ...options });
  });

  it.each(["", "r.example/app", "https://r.example/app", "https://r.example/?a=b", "ftp://r.example", "https://"])(
    "refuses %j",
    (text) => {
      expect(() => endpointOptions(text)).toThrow(SyntaxError);
    },
  );

  it.each([undefined, null, 5, {}, { host: undefined }])("says what it wants instead of %j", (endpoint) => {
    expect(() => endpointOptions(endpoint as never)).toThrow(TypeError);
    expect(() => endpointOptions(endpoint as never)).toThrow(/^Cannot make a client: expected the registry's host/);
  });

  it.each(["https://me:secret@r.example", "me:secret@r.example"])("refuses %j, and does not repeat it", (text) => {
    expect(() => endpointOptions(text)).toThrow(
      expect.objectContaining({ name: "SyntaxError", message: expect.not.stringContaining("secret") }),
    );
  });
});
