import { describe, expect, it } from "vitest";
import { Reloaded } from "./reloaded.ts";

async function reloaded(): Promise<{ readonly file: Reloaded<number>; write(text: string | Error): void }> {
  let text: string | Error = "1";
  const file = await Reloaded.open({
    read: async () => {
      if (text instanceof Error) throw text;
      return text;
    },
    load: async (read) => {
      if (Number.isNaN(Number(read))) throw new SyntaxError(`${read} is no number`);
      return Number(read);
    },
  });
  return {
    file,
    write(changed) {
      text = changed;
    },
  };
}

describe("Reloaded", () => {
  it("takes what the file has become, and only that", async () => {
    const { file, write } = await reloaded();
    expect(await file.look()).toEqual({ state: "same" });
    write("2");
    expect([await file.look(), file.current]).toEqual([{ state: "changed" }, 2]);
  });

  it("keeps what it has where the file is broken, says it once for each text, and forgets that when it is put back", async () => {
    const { file, write } = await reloaded();
    write("x");
    expect(await file.look()).toMatchObject({ state: "broken", error: { message: "x is no number" } });
    expect(await file.look()).toEqual({ state: "same" });
    expect([file.current, file.problem]).toEqual([1, expect.any(SyntaxError)]);
    write("y");
    expect(await file.look()).toMatchObject({ state: "broken" });
    write("1");
    expect([await file.look(), file.problem]).toEqual([{ state: "mended" }, undefined]);
    write("3");
    expect([await file.look(), file.current]).toEqual([{ state: "changed" }, 3]);
  });

  it("keeps what it has while the file is not there", async () => {
    const { file, write } = await reloaded();
    write(new Error("no such file"));
    expect(await file.look()).toMatchObject({ state: "broken", error: { message: "no such file" } });
    expect(await file.look()).toEqual({ state: "same" });
    write("1");
    expect([await file.look(), file.current, file.problem]).toEqual([{ state: "mended" }, 1, undefined]);
  });

  it("refuses a file that is broken from the beginning", async () => {
    const load = async (): Promise<never> => Promise.reject(new SyntaxError("broken"));
    await expect(Reloaded.open({ read: async () => "x", load })).rejects.toThrow("broken");
  });
});
