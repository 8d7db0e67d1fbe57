import { describe, expect, it } from "vitest";
import { bareHostname, isLoopbackHost, isPrivateAddress } from "./address.ts";

describe("isLoopbackHost()", () => {
  it.each(["localhost", "LOCALHOST", "localhost.", "127.0.0.1", "127.8.9.10", "[::1]", "::1"])("takes %s", (host) => {
    expect(isLoopbackHost(host)).toBe(true);
  });

  it.each(["localhost.example", "10.0.0.1", "128.0.0.1", "[::2]", "127.0.0.1.example", "registry"])(
    "leaves %s",
    (host) => {
      expect(isLoopbackHost(host)).toBe(false);
    },
  );
});

describe("isPrivateAddress()", () => {
  it.each([
    "10.1.2.3",
    "172.16.0.1",
    "172.31.255.255",
    "192.168.1.1",
    "127.0.0.1",
    "169.254.169.254",
    "100.64.0.1",
    "0.0.0.0",
    "[::1]",
    "[::]",
    "[fe80::1]",
    "[fd00::1]",
    "[::ffff:10.0.0.1]",
    "localhost",
    "a.localhost",
  ])("knows %s", (host) => {
    expect(isPrivateAddress(host)).toBe(true);
  });

  it.each(["8.8.8.8", "172.32.0.1", "100.128.0.1", "[2001:4860::1]", "[::ffff:8.8.8.8]", "registry.example"])(
    "takes %s for public",
    (host) => {
      expect(isPrivateAddress(host)).toBe(false);
    },
  );
});

describe("bareHostname()", () => {
  it("takes brackets and the root's dot off", () => {
    expect(bareHostname("[::1]")).toBe("::1");
    expect(bareHostname("R.Example.")).toBe("r.example");
  });
});
