/** `skep inspect FILE`: what is in a program, and what it needs. */

import { type Arguments, type CommandHelp, fileOperand } from "../arguments.ts";
import { CliError, EXIT, type ExitStatus } from "../exit.ts";
import { describeSpec, type SpecDescription } from "../inspection.ts";
import { toJson } from "../maps.ts";
import { selectPrograms } from "../programs.ts";
import { renderInspection } from "../render-inspection.ts";
import { naming, openSpec, write } from "../sources.ts";
import { styleFor } from "../terminal.ts";

const help: CommandHelp = {
  name: "inspect",
  summary: "show what is in a program: maps, globals, externs, types, the kernel it needs",
  operands: "FILE",
  options: {
    program: { value: "NAME", multiple: true, help: "only this program" },
    asm: { help: "its instructions, as skep compile --emit asm prints them" },
  },
  notes: [
    "FILE is a .bpf.ts or C source, which is compiled first, or an object file.",
    "The minimum kernel is the first mainline Linux that has all the program needs; a distribution's may have it earlier.",
    "--verbose lists every relocation and requirement. With --json: one object.",
  ],
  examples: [
    "skep inspect prog.o",
    "skep inspect prog.o --program firewall --asm",
    "skep inspect examples/firewall.bpf.ts --json",
  ],
};

async function execute(args: Arguments): Promise<ExitStatus> {
  const file = fileOperand(help, args);
  if (args.flag("asm") && args.flag("json")) {
    throw new CliError(EXIT.usage, "--asm is text: skep compile FILE --emit json has the instructions as JSON");
  }
  const spec = await openSpec(file);
  const names = args.values("program");
  const programs = names.length === 0 ? spec.programs : selectPrograms(spec, names);
  const style = styleFor(process.stdout);
  if (args.flag("asm")) {
    const { assembly } = await import("../assembly.ts");
    for (const [index, program] of programs.entries()) await write((index === 0 ? "" : "\n") + assembly(program, style));
    return EXIT.ok;
  }
  const description: SpecDescription = await naming(file, () => describeSpec({ ...spec, programs }));
  await write(
    args.flag("json") ? `${toJson(description)}\n` : renderInspection(description, style, { verbose: args.flag("verbose") }),
  );
  return EXIT.ok;
}

export const inspect = { help, run: execute };
