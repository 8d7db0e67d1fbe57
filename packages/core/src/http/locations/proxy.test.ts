import { describe, expect, it } from "vitest";
import { proxyFor } from "./proxy.ts";

const HTTPS = new URL("https://r.example/v2/");
const PROXY = "http://proxy.example:3128";

function isProxied(url: string, noProxy: string): boolean {
  return proxyFor(new URL(url), { HTTPS_PROXY: PROXY, HTTP_PROXY: PROXY, NO_PROXY: noProxy }) !== undefined;
}

describe("proxyFor()", () => {
  it("takes the variable of the URL's scheme, in either case", () => {
    expect(proxyFor(HTTPS, { https_proxy: PROXY })?.host).toBe("proxy.example:3128");
    expect(proxyFor(HTTPS, { HTTPS_PROXY: PROXY })?.host).toBe("proxy.example:3128");
    expect(proxyFor(HTTPS, { HTTP_PROXY: PROXY })).toBeUndefined();
    expect(proxyFor(new URL("http://r.example/"), { http_proxy: PROXY })?.host).toBe("proxy.example:3128");
    expect(proxyFor(HTTPS, {})).toBeUndefined();
  });

  it("takes a proxy without a scheme for an http one", () => {
    expect(proxyFor(HTTPS, { HTTPS_PROXY: "proxy.example:3128" })?.href).toBe("http://proxy.example:3128/");
  });

  it("never proxies loopback hosts", () => {
    for (const host of ["localhost:5000", "127.0.0.1:5000", "[::1]:5000"]) {
      expect(isProxied(`http://${host}/`, "")).toBe(false);
    }
  });

  it.each([
    ["r.example", "https://r.example/", false],
    ["r.example", "https://sub.r.example/", false],
    ["r.example", "https://other.example/", true],
    ["r.example", "https://xr.example/", true],
    [".r.example", "https://r.example/", true],
    [".r.example", "https://sub.r.example/", false],
    ["*.r.example", "https://r.example/", true],
    ["*.r.example", "https://sub.r.example/", false],
    ["a.example, r.example", "https://r.example/", false],
    ["R.EXAMPLE", "https://r.example/", false],
    ["r.example:443", "https://r.example/", false],
    ["r.example:444", "https://r.example/", true],
    ["r.example:5000", "http://r.example:5000/", false],
    ["*", "https://r.example/", false],
    ["10.0.0.0/8", "https://10.2.3.4/", false],
    ["10.0.0.0/8", "https://11.2.3.4/", true],
    ["10.0.0.0/x", "https://10.2.3.4/", true],
    ["192.0.2.7", "https://192.0.2.7:5000/", false],
    ["2001:db8::1", "https://[2001:db8::1]/", false],
    ["[2001:db8::1]:443", "https://[2001:db8::1]/", false],
    ["2001:db8::/32", "https://[2001:db8::5]/", false],
  ])("with NO_PROXY=%s, %s is proxied: %s", (noProxy, url, proxied) => {
    expect(isProxied(url, noProxy)).toBe(proxied);
  });

  it("refuses what is no http proxy without showing it", () => {
    const broken = (): unknown => proxyFor(HTTPS, { HTTPS_PROXY: "socks5://user:secret@proxy.example" });
    expect(broken).toThrow(SyntaxError);
    expect(broken).not.toThrow(/secret/);
  });
});
