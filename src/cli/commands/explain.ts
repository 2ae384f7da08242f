/** `skep explain LOG`: what a kernel's verifier meant. */

import { readFile } from "node:fs/promises";
import { type Arguments, type CommandHelp, fileOperand } from "../arguments.ts";
import { CliError, EXIT, type ExitStatus } from "../exit.ts";
import { toJson } from "../maps.ts";
import { selectProgram } from "../programs.ts";
import { sourceReader } from "../source-lines.ts";
import { naming, openSpec, write } from "../sources.ts";
import { hasColours } from "../terminal.ts";

const help: CommandHelp = {
  name: "explain",
  summary: "explain the log of a kernel's verifier",
  operands: "LOG [--object FILE]",
  options: {
    object: { value: "FILE", help: "the program that was refused: names fields, lines with columns" },
    program: { value: "NAME", help: "which program of it" },
  },
  notes: [
    "LOG is a file, or - for stdin: what libbpf, bpftool or another loader printed, of any kernel since 5.4. Lines before and after do no harm.",
    "FILE is a .bpf.ts or C source, or an object file; without it, what the log quotes of the source is all there is.",
  ],
  examples: ["skep explain verifier.log", "bpftool prog load prog.o /sys/fs/bpf/prog 2>&1 | skep explain - --object prog.o"],
};

/** What every log of level 1 and more has, whatever it ends with: an instruction, or how many were walked. */
const TRACES = /^\s*\d+: (?:\([0-9a-f]{2}\) |R\d+|BUG_)|processed \d+ insns|Verification failed: /m;

async function execute(args: Arguments): Promise<ExitStatus> {
  const file = fileOperand(help, args);
  const log = file === "-" ? await stdin() : await naming(file, () => readFile(file, "utf8"));
  const object = args.value("object");
  const spec = object === undefined ? undefined : await openSpec(object);
  const program = spec === undefined ? undefined : selectProgram(spec, args.value("program"));
  const { explain } = await import("../../verifier/explain/explain.ts");
  const { withoutFrame } = await import("../loader-output.ts");
  const explanation = explain(withoutFrame(log.split("\n")), {
    ...(spec === undefined ? {} : { spec }),
    ...(program === undefined ? {} : { program }),
  });
  if (explanation.kernelText === "") {
    const counted = /processed (\d+) insns/.exec(log);
    throw new CliError(
      EXIT.input,
      counted === null
        ? `${file}: there is no verdict of a verifier in it; ask the loader for the whole log`
        : `${file}: this log ends without a refusal: the verifier walked ${counted[1]} instructions and took the program`,
    );
  }
  if (explanation.code === "unknown" && !TRACES.test(log)) {
    throw new CliError(
      EXIT.input,
      `${file}: this is no log of a verifier: it has no instructions, no count of them, and no refusal that is known`,
    );
  }
  if (args.flag("json")) await write(`${toJson(explanation)}\n`);
  else {
    const { renderExplanation } = await import("../../verifier/explain/render/terminal.ts");
    await write(`${renderExplanation(explanation, { color: hasColours(process.stdout), source: sourceReader(object) })}\n`);
  }
  return EXIT.ok;
}

async function stdin(): Promise<string> {
  let text = "";
  process.stdin.setEncoding("utf8");
  for await (const part of process.stdin) text += part;
  return text;
}

export const explainLog = { help, run: execute };
