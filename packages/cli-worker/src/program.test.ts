import { describe, expect, it } from "vitest";
import { createProgram } from "./program.ts";

describe("createProgram()", () => {
  const whole = createProgram("1.0.0");
  const commands = whole.commands.filter((command) => command.name() !== "help");

  it.each(commands.map((command) => command.name()))("defines %s alone where the arguments begin with it", (name) => {
    const { commands: defined } = createProgram("1.0.0", [name, "--json"]);
    expect(defined.map((command) => command.name())).toEqual([name]);
    const there = commands.find((command) => command.name() === name);
    expect(defined[0]?.helpInformation()).toBe(there?.helpInformation());
  });

  it.each([[[]], [["help", "copy"]], [["--debug", "copy"]], [["cpoy"]]])(
    "defines all of them where the arguments are %j",
    (...line) => {
      expect(createProgram("1.0.0", line.flat()).commands).toHaveLength(whole.commands.length);
    },
  );
});
