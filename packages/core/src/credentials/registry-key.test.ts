import { describe, expect, it } from "vitest";
import { dockerServerName, namespacesOf, parseAuthKey, shownKey } from "./registry-key.ts";

describe("parseAuthKey()", () => {
  it.each([
    ["r.example", "r.example"],
    ["R.example:5000", "r.example:5000"],
    ["https://r.example:5000/v1/", "r.example:5000"],
    ["http://r.example/any/path", "r.example"],
    ["r.example/v2/", "r.example"],
    ["r.example/", "r.example"],
    ["r.example/v1", "r.example"],
    ["r.example/v2", "r.example"],
    ["r.example.:5000/v2/", "r.example:5000"],
    ["https://index.docker.io/v1/", "docker.io"],
    ["index.docker.io/v1/", "docker.io"],
    ["registry-1.docker.io", "docker.io"],
  ])("parseAuthKey() takes %s for the registry %s", (key, registry) => {
    expect(parseAuthKey(key)).toEqual({ kind: "registry", registry });
  });

  it.each([
    ["r.example/team", "r.example/team"],
    ["r.example/v1/app", "r.example/v1/app"],
    ["r.example/team/", "r.example/team"],
    ["index.docker.io/library/app", "docker.io/library/app"],
  ])("parseAuthKey() takes %s for the namespace %s", (key, namespace) => {
    expect(parseAuthKey(key)).toEqual({ kind: "namespace", namespace });
  });
});

it("namespacesOf() lists a repository's namespaces, the longest first", () => {
  expect(namespacesOf("index.docker.io", "a/b/c")).toEqual(["docker.io/a/b/c", "docker.io/a/b", "docker.io/a"]);
  expect(namespacesOf("r.example", undefined)).toEqual([]);
});

it("dockerServerName() uses docker's name for Docker Hub alone", () => {
  expect(dockerServerName("docker.io")).toBe("https://index.docker.io/v1/");
  expect(dockerServerName("r.example:5000")).toBe("r.example:5000");
});

it("shownKey() leaves out the user and password of a URL", () => {
  expect(shownKey("https://me:hunter2@r.example/v1/")).toBe("r.example/v1/");
});
