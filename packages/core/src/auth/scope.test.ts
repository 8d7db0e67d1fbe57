import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { coversScopes, mergeScopes, repositoryOf } from "./scope.ts";

describe("mergeScopes()", () => {
  it("joins the actions on one resource", () => {
    expect(
      mergeScopes(["repository:a:push,pull", "repository:b:pull"], ["repository:a:delete repository:c:pull", ""]),
    ).toEqual(["repository:a:delete,pull,push", "repository:b:pull", "repository:c:pull"]);
  });

  it("leaves a name with a colon whole", () => {
    expect(mergeScopes(["repository:host:5000/app:pull", "repository:host:5000/app:push"])).toEqual([
      "repository:host:5000/app:pull,push",
    ]);
  });
});

describe("coversScopes()", () => {
  it.each([
    [["repository:a:pull,push"], ["repository:a:pull"], true],
    [["repository:a:pull"], ["repository:a:pull,push"], false],
    [["repository:a:pull"], ["repository:b:pull"], false],
    [["repository:a:*"], ["repository:a:delete"], true],
    [["registry:catalog:*"], ["registry:catalog:*"], true],
    [["repository:a:pull,push"], ["repository:a:*"], false],
    [["repository:a:pull"], [], true],
    [[], ["repository:a:pull"], false],
  ])("says of %j and %j: %s", (granted, asked, covered) => {
    expect(coversScopes(granted, asked)).toBe(covered);
  });

  it("finds each part of a merged list in it", () => {
    const scope = fc
      .tuple(fc.constantFrom("a", "b/c"), fc.subarray(["pull", "push", "delete"], { minLength: 1 }))
      .map(([name, actions]) => `repository:${name}:${actions.join(",")}`);
    fc.assert(
      fc.property(fc.array(scope), fc.array(scope), (one, other) => {
        const merged = mergeScopes(one, other);
        expect(coversScopes(merged, one) && coversScopes(merged, other)).toBe(true);
        expect(mergeScopes(merged, one)).toEqual(merged);
      }),
    );
  });
});

describe("repositoryOf()", () => {
  it("is the first repository's name", () => {
    expect(repositoryOf(["registry:catalog:*", "repository:a/b:pull", "repository:c:pull"])).toBe("a/b");
    expect(repositoryOf(["registry:catalog:*"])).toBeUndefined();
  });
});
