import { describe, expect, it } from "vitest";
import { digestOf } from "../digest/digest.ts";
import { type Descriptor, UNKNOWN_SIZE } from "./descriptor.ts";
import { parseDescriptor, parsePlatformObject } from "./parse-descriptor.ts";

const plain = { mediaType: "application/x", digest: `sha256:${"a".repeat(64)}`, size: 3 };
/** `{}`, whose base64 is e30=. */
const empty = { ...plain, digest: digestOf(Buffer.from("{}")), size: 2 };

describe("parseDescriptor()", () => {
  it("keeps every field that it knows, and no other", () => {
    const full = {
      ...empty,
      urls: ["https://a.example/x"],
      annotations: { a: "", "org.x": "y" },
      data: "e30=",
      artifactType: "application/vnd.dev.sigstore.bundle+json;version=0.2",
      platform: {
        os: "windows",
        architecture: "amd64",
        variant: "v1",
        "os.version": "10.0",
        "os.features": ["win32k"],
      },
    };
    expect(parseDescriptor({ ...full, extra: 1, platform: { ...full.platform, features: ["x"] } })).toStrictEqual(full);
    expect(parseDescriptor({ ...plain, size: Number.MAX_SAFE_INTEGER })).toStrictEqual({
      ...plain,
      size: Number.MAX_SAFE_INTEGER,
    });
    const nothing = { ...plain, digest: digestOf(new Uint8Array()), size: 0, data: "" };
    expect(parseDescriptor(nothing)).toStrictEqual(nothing);
  });

  it("takes null and empty optional fields for absent", () => {
    const absent = { urls: null, annotations: null, data: null, platform: null, artifactType: "" };
    expect(parseDescriptor({ ...plain, ...absent })).toStrictEqual(plain);
  });

  it.each([
    [null, "d: expected an object, got null"],
    [[], "d: expected an object, got an array"],
    ["x", 'd: expected an object, got "x"'],
    [{ ...plain, digest: 7 }, "d.digest: expected a string, got 7"],
    [{ ...plain, digest: "sha256:../x" }, 'd.digest: Bad digest "sha256:../x"'],
    [{ ...plain, size: -1 }, "d.size: expected a number of bytes from 0 to 2^53 - 1, got -1"],
    [{ ...plain, size: 1.5 }, "got 1.5"],
    [{ ...plain, size: 2 ** 53 }, "got 9007199254740992"],
    [{ ...plain, size: "3" }, 'got "3"'],
    [{ ...plain, urls: "x" }, 'd.urls: expected an array, got "x"'],
    [{ ...plain, urls: ["x", 1] }, "d.urls[1]: expected a string, got 1"],
  ])("refuses %j, naming the field", (value, reason) => {
    expect(() => parseDescriptor(value, "d")).toThrow(SyntaxError);
    expect(() => parseDescriptor(value, "d")).toThrow(reason);
  });

  it.each<[unknown, Partial<Descriptor>, string]>([
    [{ ...plain, mediaType: undefined }, { mediaType: "" }, "d.mediaType: expected a string, got nothing"],
    [{ ...plain, mediaType: "" }, { mediaType: "" }, 'd.mediaType: expected a media type, got ""'],
    [{ ...plain, mediaType: "a/b\r\nx: y" }, { mediaType: "" }, "d.mediaType: expected a media type"],
    [{ ...plain, mediaType: "a".repeat(256) }, { mediaType: "" }, "d.mediaType: expected a media type"],
    [{ ...plain, size: undefined }, { size: UNKNOWN_SIZE }, "d.size: it is missing"],
    [{ ...plain, size: null }, { size: UNKNOWN_SIZE }, "d.size: it is missing"],
    [
      { ...plain, annotations: { a: 1, b: "c" } },
      { annotations: { b: "c" } },
      'd.annotations["a"]: expected a string, got 1',
    ],
    [{ ...plain, annotations: [] }, {}, "d.annotations: expected an object, got an array"],
    [{ ...plain, data: {} }, {}, "d.data: expected a string, got an object"],
    [{ ...empty, data: "e30" }, { ...empty } as Partial<Descriptor>, "d.data: it is no base64"],
    [{ ...plain, data: "e30=" }, {}, "d.data: it is not the content of"],
    [{ ...plain, artifactType: "é" }, {}, "d.artifactType: expected a media type"],
    [{ ...plain, platform: [] }, {}, "d.platform: expected an object"],
    [{ ...plain, platform: { os: 1 } }, {}, "d.platform.os: expected a string, got 1"],
  ])("passes over what is odd in %j, and names it", (value, read, oddity) => {
    const oddities: string[] = [];
    expect(parseDescriptor(value, "d", (text) => oddities.push(text))).toStrictEqual({ ...plain, ...read });
    expect(oddities).toEqual([expect.stringContaining(oddity)]);
  });

  it("takes the size from inline data that has the digest", () => {
    const { size: _none, ...unsized } = { ...empty, data: "e30=" };
    expect(parseDescriptor(unsized)).toMatchObject({ size: 2 });
  });

  it("keeps an annotation called __proto__ an annotation", () => {
    const value: unknown = JSON.parse(
      `{"mediaType":"a/b","digest":"${plain.digest}","size":0,"annotations":{"__proto__":"x"}}`,
    );
    const { annotations } = parseDescriptor(value);
    expect(Object.entries(annotations ?? {})).toEqual([["__proto__", "x"]]);
    expect(Object.getPrototypeOf(annotations)).toBe(Object.prototype);
  });
});

describe("parsePlatformObject()", () => {
  it("takes an index's empty platform, which matches nothing", () => {
    expect(parsePlatformObject({})).toStrictEqual({ os: "", architecture: "" });
  });

  it("refuses wrong types, naming the field", () => {
    expect(() => parsePlatformObject({ os: "a", architecture: "b", "os.features": [1] })).toThrow(
      'platform["os.features"][0]: expected a string, got 1',
    );
  });
});
