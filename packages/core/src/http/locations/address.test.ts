import { describe, expect, it } from "vitest";
import { addressKind, bareHostname, isLoopbackHost, isPrivateAddress } from "./address.ts";

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

describe("addressKind()", () => {
  const kinds = {
    loopback: [
      ...["localhost", "localhost.", "a.localhost", "127.0.0.1", "127.255.255.255", "0.0.0.0", "0.1.2.3", "::1", "::"],
      ...["::ffff:127.0.0.1", "::127.0.0.1", "64:ff9b::7f00:1", "::ffff:0:127.0.0.1", "2002:7f00:1::1"],
    ],
    "link-local": [
      ...["169.254.169.254", "169.254.0.1", "168.63.129.16", "100.100.100.200", "192.0.0.192"],
      ...["fe80::1", "fe80::1%eth0", "febf::1", "fd00:ec2::254", "fd20:ce::254"],
      ...["::ffff:169.254.169.254", "::a9fe:a9fe", "64:ff9b::a9fe:a9fe", "2002:a9fe:a9fe::", "64:ff9b::168.63.129.16"],
    ],
    private: [
      ...["10.0.0.0", "10.255.255.255", "172.16.0.1", "172.31.255.255", "192.168.0.1", "100.64.0.1", "100.127.255.255"],
      ...["198.18.0.1", "198.19.255.255", "fc00::1", "fdff::1", "fec0::1", "feff::1"],
      ...["::ffff:10.0.0.1", "::10.0.0.1", "64:ff9b::a00:1", "64:ff9b::192.168.0.1", "2002:c0a8:1::1", "2002:ac10::1"],
    ],
    reserved: [
      ...["192.0.0.1", "192.0.0.255", "224.0.0.1", "239.255.255.255", "240.0.0.1", "255.255.255.255"],
      ...["::8.8.8.8", "64:ff9b:1::1", "100::1", "2001::1", "2001:0:ffff::1", "2002:808:808::1", "ff02::1", "ff00::"],
      ...["::ffff:224.0.0.1", "64:ff9b::e000:1", "64:ff9b::255.255.255.255"],
    ],
    public: [
      ...["8.8.8.8", "1.0.0.0", "9.255.255.255", "11.0.0.0", "100.63.255.255", "100.128.0.0", "126.255.255.255"],
      ...["128.0.0.0", "168.63.129.15", "168.63.129.17", "169.253.255.255", "169.255.0.0", "172.15.255.255"],
      ...["172.32.0.0", "192.0.1.0", "192.167.255.255", "192.169.0.0", "198.17.255.255", "198.20.0.0"],
      ...["223.255.255.255", "2001:1::1", "2001:4860:4860::8888", "2003::1", "2606:4700::1", "::ffff:8.8.8.8"],
      ...["64:ff9b::808:808"],
    ],
  };
  it.each(Object.entries(kinds).flatMap(([kind, hosts]) => hosts.map((host) => [host, kind] as const)))(
    "says of %s that it is %s",
    (host, kind) => {
      expect(addressKind(host)).toBe(kind);
      expect(addressKind(`[${host}]`)).toBe(kind);
    },
  );

  it.each(["registry.example", "localhost.example", "10.0.0.1.example", "registry"])("knows no kind of %s", (host) => {
    expect(addressKind(host)).toBeUndefined();
  });
});

describe("bareHostname()", () => {
  it("takes brackets and the root's dot off", () => {
    expect(bareHostname("[::1]")).toBe("::1");
    expect(bareHostname("R.Example.")).toBe("r.example");
  });
});
