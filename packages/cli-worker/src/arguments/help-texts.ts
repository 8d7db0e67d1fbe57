import type { Command } from "commander";

/** What `--help` of a program and of each command below it prints, by the names that lead there: "", "copy", "acr lock". */
export function helpTexts(program: Command): Readonly<Record<string, string>> {
  return Object.fromEntries(textsBelow(program, []));
}

function textsBelow(command: Command, names: readonly string[]): readonly (readonly [string, string])[] {
  const below = command.commands.flatMap((child) => textsBelow(child, [...names, child.name()]));
  return [[names.join(" "), textOf(command)], ...below];
}

function textOf(command: Command): string {
  let text = "";
  const before = command.configureOutput();
  command.configureOutput({
    writeOut: (more) => {
      text += more;
    },
    getOutHasColors: () => false,
  });
  command.outputHelp();
  command.configureOutput(before);
  return text;
}
