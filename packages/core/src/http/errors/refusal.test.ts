import { describe, expect, it } from "vitest";
import type { RegistryError } from "../../errors/errors.ts";
import type { RequestKind } from "../../store/store.ts";
import { IncomingBody } from "../message/incoming-body.ts";
import type { HttpRequest } from "../message/message.ts";
import { refusalOf } from "./refusal.ts";

const URL_ = new URL("https://user:pw@r.example/v2/app/manifests/1?_state=secret");

interface Answer {
  readonly status: number;
  readonly text?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly kind?: RequestKind;
  readonly method?: HttpRequest["method"];
  readonly url?: URL;
}

function refusal({
  status,
  text = "",
  headers = {},
  kind = "manifest",
  method = "GET",
  url = URL_,
}: Answer): Promise<RegistryError> {
  const request: HttpRequest = {
    method,
    url: URL_,
    kind,
    headers: {},
    action: () => 'read manifest "1" from "r.example/app"',
  };
  const flow = { pause: () => {}, resume: () => {}, destroy: () => {} };
  const body = new IncomingBody({ flow, length: undefined, tooLong: () => new Error("too long") });
  body.push(Buffer.from(text));
  body.finish();
  return refusalOf({ status, headers, body, url }, request);
}

describe("refusalOf()", () => {
  it("takes code and words from the registry", async () => {
    const errors = [{ code: "MANIFEST_INVALID", message: "manifest is\n invalid", detail: { a: 1 } }];
    const error = await refusal({ status: 400, text: JSON.stringify({ errors }) });
    expect(error.code).toBe("MANIFEST_INVALID");
    expect(error.message).toBe('Cannot read manifest "1" from "r.example/app": manifest is invalid (400)');
    expect(error.errors).toEqual([{ code: "MANIFEST_INVALID", message: "manifest is invalid", detail: { a: 1 } }]);
    expect(error.url).toBe("https://r.example/v2/app/manifests/1");
  });

  it.each([
    ["not with Basic cmVhZGVyOmh1bnRlcjI=", "not with Basic REDACTED"],
    ["bearer eyJhbGciOiJSUzI1NiJ9.e30.x-_1 has ended", "bearer REDACTED has ended"],
    [
      "Basic authentication or Bearer authentication is needed",
      "Basic authentication or Bearer authentication is needed",
    ],
  ])("repeats no credentials that the answer repeats: %s", async (message, said) => {
    const error = await refusal({ status: 403, text: JSON.stringify({ errors: [{ code: "DENIED", message }] }) });
    expect(error.message).toContain(`: ${said} (403)`);
    expect(error.errors[0]?.message).toBe(said);
  });

  it.each([
    [401, "manifest", "GET", "UNAUTHORIZED"],
    [403, "manifest", "GET", "DENIED"],
    [404, "manifest", "GET", "MANIFEST_UNKNOWN"],
    [404, "blob", "HEAD", "BLOB_UNKNOWN"],
    [404, "tags", "GET", "NAME_UNKNOWN"],
    [404, "upload", "POST", "NAME_UNKNOWN"],
    [404, "upload", "PATCH", "BLOB_UPLOAD_UNKNOWN"],
    [405, "manifest", "DELETE", "UNSUPPORTED"],
    [429, "manifest", "GET", "TOOMANYREQUESTS"],
    [502, "manifest", "GET", "PROTOCOL"],
    [418, "manifest", "GET", "PROTOCOL"],
  ] as const)("gives %i for a %s %s the code %s", async (status, kind, method, code) => {
    expect((await refusal({ status, kind, method })).code).toBe(code);
  });

  it("goes by the status where the registry's code is its own", async () => {
    const text = JSON.stringify({ errors: [{ code: "QUOTA", message: "full" }] });
    expect(await refusal({ status: 403, text })).toMatchObject({
      code: "DENIED",
      errors: [{ code: "QUOTA", message: "full" }],
    });
  });

  it.each(["null", "[]", "{", '{"errors":{}}', '{"errors":[null,1,{"code":2}]}', "\u0000"])(
    "is not confused by %j",
    async (text) => {
      const error = await refusal({ status: 500, text });
      expect(error.errors).toEqual([]);
      expect(error.message).toMatch(/: the registry failed \(500\)$/);
    },
  );

  it.each([401, 403, 408, 425, 429, 500, 503])(
    "takes a code that says that something is missing for nothing beside %i",
    async (status) => {
      for (const code of ["NAME_UNKNOWN", "MANIFEST_UNKNOWN", "BLOB_UNKNOWN", "MANIFEST_BLOB_UNKNOWN"]) {
        const error = await refusal({ status, text: JSON.stringify({ errors: [{ code }] }) });
        expect(error.code).not.toMatch(/UNKNOWN/);
        expect(error.errors).toEqual([{ code }]);
      }
    },
  );

  it("shows no more of a page than its title", async () => {
    const text = `<html><head><title>502 Bad\n Gateway</title></head><body>${"internal ".repeat(100)}</body></html>`;
    const error = await refusal({ status: 502, text, headers: { "content-type": "text/html" } });
    expect(error.message).toBe('Cannot read manifest "1" from "r.example/app": 502 Bad Gateway (502)');
  });

  it("shortens what is too long", async () => {
    const errors = [{ code: "DENIED", message: "x".repeat(5000) }];
    expect((await refusal({ status: 403, text: JSON.stringify({ errors }) })).message.length).toBeLessThan(400);
  });

  it("keeps how long to wait", async () => {
    expect(await refusal({ status: 429, headers: { "retry-after": "7" } })).toMatchObject({ retryAfterMs: 7000 });
  });

  it("says that the port speaks TLS where a server does", async () => {
    const url = new URL("http://r.example:5000/v2/");
    for (const text of [
      "Client sent an HTTP request to an HTTPS server.\n",
      "<html><title>400 The plain HTTP request was sent to HTTPS port</title></html>",
    ]) {
      expect(await refusal({ status: 400, text, url })).toMatchObject({
        code: "TLS",
        message:
          'Cannot read manifest "1" from "r.example/app": r.example:5000 speaks TLS, and was asked without (400)',
      });
    }
  });
});
