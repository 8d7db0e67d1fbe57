import { describe, expect, it } from "vitest";
import { tlsHint } from "./tls-hint.ts";

describe("tlsHint()", () => {
  it.each([
    [
      "the certificate of r.example is for another name",
      "ask it by that name, or skip the check with --insecure r.example",
    ],
    ["the certificate of r.example:5000 is expired", "skip the check with --insecure r.example:5000"],
    [
      "the certificate of r.example is signed by none of the authorities that were given (X)",
      "check --ca, or skip the check with --insecure r.example",
    ],
    [
      "the certificate of r.example is not trusted (X), and no authority for it was given",
      "give its CA with --ca, or skip the check with --insecure r.example",
    ],
    [
      "r.example:5000 does not support secure renegotiation (RFC 5746); to allow it, list r.example:5000 in tls.legacyHosts",
      "that is --legacy-tls r.example:5000, or legacyTls of this host under hosts in a mirror file",
    ],
    [
      "the proxy p.example:3128 does not support secure renegotiation (RFC 5746); to allow it, list p.example:3128 in tls.legacyHosts",
      "that is --legacy-tls p.example:3128",
    ],
    ["r.example does not speak TLS", "if it is meant to have none, use --plain-http r.example"],
    [
      "r.example closed the connection during the TLS handshake; it may speak no TLS",
      "if it is meant to have none, use --plain-http r.example",
    ],
    ["r.example speaks TLS, and was asked without (400)", "leave out --plain-http r.example"],
    ["r.example does not answer in HTTP; it may speak TLS", "leave out --plain-http r.example"],
    [
      "the certificate of the proxy p.example:3128 is not trusted (X), and no authority for it was given",
      "give its CA with --ca",
    ],
    ["the proxy p.example:3128 does not speak TLS", "if it speaks plain HTTP, its URL begins with http://"],
    ["the certificate of the proxy p.example:3128 is expired", undefined],
    ["the proxy p.example does not answer in HTTP; if it speaks TLS, its URL begins with https://", undefined],
    ["r.example refused the connection", undefined],
  ])("%s", (detail, hint) => {
    expect(tlsHint(`Cannot list the tags of "r.example/app": ${detail}`)).toBe(hint);
  });
});
