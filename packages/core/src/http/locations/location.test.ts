import type { LookupAddress } from "node:dns";
import { isIP } from "node:net";
import { describe, expect, it } from "vitest";
import { RegistryError } from "../../errors/errors.ts";
import { LocationPolicy, type LocationPolicyOptions, type ResolveName } from "./location.ts";

const CONTEXT = { method: "GET", action: () => 'read blob "b" from "r.example/app"' };

type Allowed = Partial<Omit<LocationPolicyOptions, "origin">>;

function policyOf(origin: string, allowed: Allowed = {}): LocationPolicy {
  return new LocationPolicy({ origin: () => new URL(origin), allowRedirectTo: [], ...allowed });
}

function resolve(origin: string, location: string, allowed: Allowed = {}): string {
  const policy = policyOf(origin, allowed);
  return policy.resolve(location, new URL("/v2/app/blobs/b?x=1", origin), CONTEXT).href;
}

function refusalOf(origin: string, location: string, allowed: Allowed = {}): RegistryError {
  try {
    resolve(origin, location, allowed);
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
    const overHttp = { allowHttpRedirectTo: ["cdn.example"] };
    expect(resolve("https://r.example", "http://cdn.example/x", overHttp)).toBe("http://cdn.example/x");
    const allowed = { allowRedirectTo: ["10.0.0.1:9000"] };
    expect(resolve("https://r.example", "https://10.0.0.1:9000/x", allowed)).toBe("https://10.0.0.1:9000/x");
    expect(() => resolve("https://r.example", "https://10.0.0.1:9001/x", allowed)).toThrow(RegistryError);
    expect(resolve("https://r.example", "https://[::1]/x", { allowRedirectTo: ["[0::1]:443"] })).toBe(
      "https://[::1]/x",
    );
  });

  it("keeps http and addresses apart, and names each option that is missing", () => {
    const url = "http://10.0.0.1:9000/x";
    const both = { allowRedirectTo: ["10.0.0.1"], allowHttpRedirectTo: ["10.0.0.1:9000"] };
    expect(resolve("https://r.example", url, both)).toBe(url);
    expect(refusalOf("https://r.example", url, { allowRedirectTo: ["10.0.0.1"] }).message).toMatch(
      /: 10\.0\.0\.1:9000 would be requested over http; to allow it, list 10\.0\.0\.1:9000 in allowHttpRedirectTo$/,
    );
    expect(refusalOf("https://r.example", url, { allowHttpRedirectTo: ["10.0.0.1"] }).message).toMatch(
      /: 10\.0\.0\.1:9000 is not a public address \(private\), .*; to allow it, list 10\.0\.0\.1:9000 in allowRedirectTo$/,
    );
    expect(refusalOf("https://r.example", url).message).toMatch(/ in allowHttpRedirectTo and allowRedirectTo$/);
  });

  it.each(["cdn.example/x", "https://cdn.example", "cdn.example:0", "cdn.example:70000", "::1", "", "a b"])(
    "takes %j for no host",
    (host) => {
      expect(() => policyOf("https://r.example", { allowRedirectTo: [host] })).toThrow(TypeError);
      expect(() => policyOf("https://r.example", { allowHttpRedirectTo: [host] })).toThrow(/allowHttpRedirectTo\[0\]/);
    },
  );

  const PLACES = {
    public: "203.0.113.7",
    private: "10.0.0.7",
    loopback: "127.0.0.7",
    "link-local": "169.254.169.254",
    reserved: "192.0.0.9",
  } as const;
  const REACHED: Record<keyof typeof PLACES, readonly (keyof typeof PLACES)[]> = {
    public: ["public"],
    private: ["public", "private"],
    loopback: ["public", "private", "loopback"],
    "link-local": ["public", "private", "link-local"],
    reserved: ["public", "private", "reserved"],
  };
  const pairs = Object.entries(REACHED).flatMap(([from, reached]) =>
    Object.entries(PLACES).map(([to, address]) => ({ from, to, address, may: reached.some((kind) => kind === to) })),
  );
  it.each(pairs)("lets a $from registry lead to a $to address: $may", async ({ from, address, may }) => {
    const own = PLACES[from as keyof typeof PLACES];
    const to = `http://${address}:9000/x`;
    const literal = policyOf(`http://${own}:5000`);
    const outcome = (policy: LocationPolicy): string => {
      try {
        return policy.resolve(to, new URL("http://r.example/"), CONTEXT).href;
      } catch (error) {
        return error instanceof RegistryError ? error.code : String(error);
      }
    };
    expect(outcome(literal)).toBe(may ? to : "REDIRECT_REFUSED");
    const names = answers({ "r.example": [[own]], "cdn.example": [[address]] });
    const named = policyOf("http://r.example", { resolveName: names });
    await lookup(named, "r.example");
    expect(outcome(named)).toBe(may ? to : "REDIRECT_REFUSED");
    expect(await lookup(named, "cdn.example")).toEqual(may ? [address] : expect.stringMatching(/not a public address/));
  });

  it("shows no query in its refusal", () => {
    expect(refusalOf("https://r.example", "http://cdn.example/x?sig=secret").message).not.toContain("secret");
  });
});

/** The addresses that may be connected to, or why there are none. */
function lookup(policy: LocationPolicy, hostname: string): Promise<readonly string[] | string> {
  return new Promise((done) => {
    policy.lookup(hostname, { all: true }, (error, addresses) => {
      if (error !== null) done(error.message);
      else done(typeof addresses === "string" ? [addresses] : addresses.map(({ address }) => address));
    });
  });
}

/** A DNS server: for each name its answers one after another, the last one for ever. */
function answers(names: Readonly<Record<string, readonly (readonly string[])[]>>): ResolveName {
  const asked = new Map<string, number>();
  return (hostname, _, callback) => {
    const given = names[hostname] ?? [];
    const nth = asked.get(hostname) ?? 0;
    asked.set(hostname, nth + 1);
    const answer = given[Math.min(nth, given.length - 1)] ?? [];
    const addresses = answer.map((address): LookupAddress => ({ address, family: isIP(address) }));
    queueMicrotask(() => callback(null, addresses));
  };
}

describe("LocationPolicy.lookup()", () => {
  it("refuses a name that stands for a private address only", async () => {
    expect(await lookup(policyOf("https://r.example"), "localhost")).toMatch(/not a public address/);
  });

  it("gives the registry's own, and what is allowed", async () => {
    expect(await lookup(policyOf("https://localhost"), "localhost")).not.toEqual([]);
    const allowed = policyOf("https://r.example", { allowRedirectTo: ["localhost:9000"] });
    expect(await lookup(allowed, "localhost")).toContain("127.0.0.1");
  });

  it.each(["10.0.0.1", "127.0.0.1", "169.254.169.254", "::1", "fd00::1", "::ffff:10.0.0.1", "64:ff9b::a00:1"])(
    "keeps a registry public when its own name resolves to %s later",
    async (address) => {
      const names = { "r.example": [["203.0.113.7"], [address]], "cdn.example": [["10.0.0.2"]] };
      const policy = policyOf("http://r.example", { resolveName: answers(names) });
      expect(await lookup(policy, "r.example")).toEqual(["203.0.113.7"]);
      expect(await lookup(policy, "r.example")).toMatch(
        /^r\.example now resolves to .* list r\.example in allowRedirectTo$/,
      );
      expect(await lookup(policy, "cdn.example")).toMatch(/not a public address/);
      expect(() => policy.resolve("http://10.0.0.2/x", new URL("http://r.example/"), CONTEXT)).toThrow(RegistryError);
    },
  );

  it("gives no loopback or link-local address to a registry that was private, and leaves no private one to it once it has a public one", async () => {
    const names = {
      "r.example": [["10.0.0.1"], ["127.0.0.1"], ["203.0.113.7"]],
      "cdn.example": [["10.0.0.2", "127.0.0.1"]],
    };
    const policy = policyOf("http://r.example", { resolveName: answers(names) });
    expect(await lookup(policy, "r.example")).toEqual(["10.0.0.1"]);
    expect(await lookup(policy, "cdn.example")).toEqual(["10.0.0.2"]);
    expect(await lookup(policy, "r.example")).toMatch(/now resolves to 127\.0\.0\.1/);
    expect(await lookup(policy, "r.example")).toEqual(["203.0.113.7"]);
    expect(await lookup(policy, "cdn.example")).toMatch(/not a public address/);
  });

  it("takes an answer with a public address for that of a public registry, without its loopback and link-local ones", async () => {
    const names = {
      "r.example": [["127.0.0.1", "10.0.0.1", "203.0.113.7", "169.254.169.254"]],
      "cdn.example": [["10.0.0.2"]],
    };
    const policy = policyOf("http://r.example", { resolveName: answers(names) });
    expect(await lookup(policy, "r.example")).toEqual(["10.0.0.1", "203.0.113.7"]);
    expect(await lookup(policy, "cdn.example")).toMatch(/not a public address/);
  });

  it("gives all addresses of a host that is allowed, the registry's own too", async () => {
    const names = { "r.example": [["203.0.113.7"], ["10.0.0.1"]], "cdn.example": [["169.254.1.1"]] };
    const allowRedirectTo = ["r.example", "CDN.example.:9000"];
    const policy = policyOf("http://r.example", { resolveName: answers(names), allowRedirectTo });
    expect(await lookup(policy, "r.example")).toEqual(["203.0.113.7"]);
    expect(await lookup(policy, "r.example")).toEqual(["10.0.0.1"]);
    expect(await lookup(policy, "cdn.example")).toEqual(["169.254.1.1"]);
  });
});
