import type { LookupAddress } from "node:dns";
import { describe, expect, it } from "vitest";
import { RegistryError } from "../errors.ts";
import { LocationPolicy } from "./location.ts";

const CONTEXT = { method: "GET", action: () => 'read blob "b" from "r.example/app"' };

function resolve(origin: string, location: string, allowRedirectTo: readonly string[] = []): string {
  const policy = new LocationPolicy({ origin: () => new URL(origin), allowRedirectTo });
  return policy.resolve(location, new URL("/v2/app/blobs/b?x=1", origin), CONTEXT).href;
}

function refusalOf(origin: string, location: string): RegistryError {
  try {
    resolve(origin, location);
  } catch (error) {
    if (error instanceof RegistryError) return error;
  }
  throw new Error(`${location} was not refused`);
}

describe("LocationPolicy.resolve()", () => {
  it.each([
    ["/v2/app/blobs/uploads/1?_state=a%2Fb", "https://r.example/v2/app/blobs/uploads/1?_state=a%2Fb"],
    ["uploads/1", "https://r.example/v2/app/blobs/uploads/1"],
    ["https://r.example/x", "https://r.example/x"],
    ["https://cdn.example/x?sig=1", "https://cdn.example/x?sig=1"],
    ["//cdn.example/x", "https://cdn.example/x"],
    ["https://user:pw@cdn.example/x#part", "https://cdn.example/x"],
  ])("gives %s as %s", (location, expected) => {
    expect(resolve("https://r.example", location)).toBe(expected);
  });

  it.each([
    ["https://r.example", "http://r.example/x?y=1", "https://r.example/x?y=1"],
    ["https://r.example:5000", "http://r.example:5000/x", "https://r.example:5000/x"],
    ["https://r.example:5000", "http://r.example/x", "https://r.example:5000/x"],
  ])("on %s goes on over https for %s", (origin, location, expected) => {
    expect(resolve(origin, location)).toBe(expected);
  });

  it.each(["http://cdn.example/x", "http://r.example:8080/x", "http://r.example.evil.example/x"])(
    "refuses http elsewhere: %s",
    (location) => {
      const error = refusalOf("https://r.example", location);
      expect(error.code).toBe("REDIRECT_REFUSED");
      expect(error.message).toMatch(/over http/);
    },
  );

  it.each(["ftp://r.example/x", "file:///etc/passwd", "javascript:1", "http://", "https://[::1"])(
    "refuses %s",
    (location) => {
      expect(refusalOf("https://r.example", location).code).toBe("REDIRECT_REFUSED");
    },
  );

  it.each([
    "https://127.0.0.1/x",
    "https://169.254.169.254/latest/meta-data",
    "https://10.0.0.1/x",
    "https://[::1]/x",
    "https://[::ffff:10.0.0.1]/x",
    "https://localhost/x",
    "https://2130706433/x",
    "https://0x7f.1/x",
  ])("refuses a private address from a public registry: %s", (location) => {
    const error = refusalOf("https://r.example", location);
    expect(error.code).toBe("REDIRECT_REFUSED");
    expect(error.message).toMatch(/not a public address/);
  });

  it("lets a private registry name a private address, and http where it speaks http itself", () => {
    expect(resolve("https://10.0.0.1", "https://10.0.0.2/x")).toBe("https://10.0.0.2/x");
    expect(resolve("http://127.0.0.1:5000", "http://127.0.0.1:9000/x")).toBe("http://127.0.0.1:9000/x");
  });

  it("lets what is allowed pass, by host or by host and port", () => {
    expect(resolve("https://r.example", "http://cdn.example/x", ["cdn.example"])).toBe("http://cdn.example/x");
    expect(resolve("https://r.example", "https://10.0.0.1:9000/x", ["10.0.0.1:9000"])).toBe("https://10.0.0.1:9000/x");
    expect(() => resolve("https://r.example", "https://10.0.0.1:9001/x", ["10.0.0.1:9000"])).toThrow(RegistryError);
  });

  it("shows no query in its refusal", () => {
    expect(refusalOf("https://r.example", "http://cdn.example/x?sig=secret").message).not.toContain("secret");
  });
});

describe("LocationPolicy.lookup()", () => {
  function lookup(policy: LocationPolicy, hostname: string): Promise<string | LookupAddress[]> {
    return new Promise((done, fail) => {
      policy.lookup(hostname, { all: true }, (error, addresses) => (error === null ? done(addresses) : fail(error)));
    });
  }

  it("refuses a name that stands for a private address only", async () => {
    const policy = new LocationPolicy({ origin: () => new URL("https://r.example"), allowRedirectTo: [] });
    await expect(lookup(policy, "localhost")).rejects.toThrow(/not a public address/);
  });

  it("gives the registry's own, and what is allowed", async () => {
    const own = new LocationPolicy({ origin: () => new URL("https://localhost"), allowRedirectTo: [] });
    expect(await lookup(own, "localhost")).not.toEqual([]);
    const allowed = new LocationPolicy({
      origin: () => new URL("https://r.example"),
      allowRedirectTo: ["localhost:9000"],
    });
    expect(await lookup(allowed, "localhost")).not.toEqual([]);
  });
});
