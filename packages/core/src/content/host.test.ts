import { describe, expect, it } from "vitest";
import { parseHost } from "./host.ts";

describe("parseHost()", () => {
  it.each([
    ["docker.io", "docker.io"],
    ["index.docker.io", "docker.io"],
    ["Registry.Example:5000", "registry.example:5000"],
    ["localhost", "localhost"],
    ["my_registry:5000", "my_registry:5000"],
    ["r.example.:5000", "r.example.:5000"],
    ["127.0.0.1:1", "127.0.0.1:1"],
    ["registry:65535", "registry:65535"],
    ["[::1]", "[::1]"],
    ["[0:0:0:0:0:0:0:1]:443", "[::1]:443"],
    ["[2001:DB8::1]:5000", "[2001:db8::1]:5000"],
  ])("reads %s as %s", (text, host) => {
    expect(parseHost(text)).toBe(host);
    expect(parseHost(host)).toBe(host);
  });

  it.each([
    ["", "expected HOST or HOST:PORT"],
    [":5000", "expected HOST or HOST:PORT"],
    ["a.b:", 'port "" is no number from 1 to 65535'],
    ["a.b:0", 'port "0" is no number'],
    ["a.b:080", 'port "080" is no number'],
    ["a.b:65536", 'port "65536" is no number'],
    ["a.b:http", 'port "http" is no number'],
    ["a.b:1:2", 'port "1:2" is no number'],
    ["::1", "expected HOST or HOST:PORT"],
    ["[::1", "expected HOST or HOST:PORT"],
    ["[::1]x", "expected HOST or HOST:PORT"],
    ["[::g]", '"::g" is no IPv6 address'],
    ["a]", "expected HOST or HOST:PORT"],
    ["[]", '"" is no IPv6 address'],
    ["[fe80::1%eth0]", "with a zone"],
    ["-a.example", "expected labels"],
    ["a..example", "expected labels"],
    ["a.example..", "expected labels"],
    [".", "expected labels"],
    ["127.0.0.1.", "must be an IPv4 address"],
    ["münchen.example", "expected labels"],
    [`${"a".repeat(64)}.example`, "expected labels"],
    [`${"a.".repeat(127)}example`, "expected labels"],
    ["user@a.example", "leave out what stands before the @"],
    ["a.example/x", "expected labels"],
    ["127.1", "must be an IPv4 address"],
    ["127.0.0.01", "must be an IPv4 address"],
    ["256.0.0.1", "must be an IPv4 address"],
    ["0x7f.0.0.0x1", "must be an IPv4 address"],
    ["2130706433:80", "must be an IPv4 address"],
  ])("refuses %j", (text, reason) => {
    expect(() => parseHost(text)).toThrow(SyntaxError);
    expect(() => parseHost(text)).toThrow(reason);
  });

  it("says that a URL's scheme is left out, and shows no password of it", () => {
    expect(() => parseHost("http://r.example:5000")).toThrow(
      new SyntaxError('Bad host "http://r.example:5000": leave out "http://": write HOST or HOST:PORT'),
    );
    expect(() => parseHost("https://me:secret@r.example")).toThrow(
      /^(?!.*secret)Bad host "https:\/\/\*\*\*@r\.example"/s,
    );
    expect(() => parseHost("me:secret@r.example")).toThrow(
      new SyntaxError('Bad host "***@r.example": leave out what stands before the @'),
    );
  });
});
