/** `skep compile FILE`: what a source became. */

import { writeFile } from "node:fs/promises";
import { compile as compileFile } from "../../compile.ts";
import type { ProgramSpec, Spec } from "../../object/spec.ts";
import type { Arguments, CommandHelp } from "../arguments.ts";
import { CliError, EXIT, type ExitStatus } from "../exit.ts";
import { selectPrograms } from "../programs.ts";
import { type Style, styleFor } from "../terminal.ts";

const FORMATS = ["asm", "bytes", "json"] as const;
type Format = (typeof FORMATS)[number];

const help: CommandHelp = {
  name: "compile",
  summary: "compile a program and show what it became",
  operands: "FILE.bpf.ts",
  options: {
    emit: { value: FORMATS.join("|"), help: "instructions as text (the default), as raw bytes, or the whole Spec as JSON" },
    output: { value: "FILE", short: "o", help: "write there instead of stdout" },
    program: { value: "NAME", multiple: true, help: "only this program" },
  },
  notes: [
    "asm prints the kernel's notation with the source lines between; references to maps are names.",
    "bytes writes one program's instructions, 8 bytes each, little-endian; references to maps are zero.",
    "json prints programs, maps, relocations and lines; code and types are hexadecimal.",
  ],
  examples: ["skep compile examples/firewall.bpf.ts", "skep compile examples/firewall.bpf.ts --emit bytes -o firewall.bin"],
};

async function execute(args: Arguments): Promise<ExitStatus> {
  const [file, ...extra] = args.operands;
  if (file === undefined) throw new CliError(EXIT.usage, "skep compile needs a file: skep compile FILE.bpf.ts");
  if (extra.length > 0) throw new CliError(EXIT.usage, `skep compile takes one file, found also ${extra.join(" ")}`);
  const format = formatOf(args);
  const spec = await compileFile(file);
  const names = args.values("program");
  const programs = names.length === 0 ? spec.programs : selectPrograms(spec, names);
  const output = args.value("output");
  const style = styleFor(output === undefined ? process.stdout : {});
  const made = await emit({ ...spec, programs }, format, style);
  if (output !== undefined) await writeFile(output, made);
  else if (format === "bytes" && process.stdout.isTTY) {
    throw new CliError(EXIT.usage, "raw bytes do not belong on a terminal: add -o FILE, or pipe them somewhere");
  } else process.stdout.write(made);
  return EXIT.ok;
}

function formatOf(args: Arguments): Format {
  const wanted = args.value("emit") ?? (args.flag("json") ? "json" : "asm");
  const format = FORMATS.find((name) => name === wanted);
  if (format === undefined) throw new CliError(EXIT.usage, `--emit takes ${FORMATS.join(", ")}, found ${JSON.stringify(wanted)}`);
  return format;
}

async function emit(spec: Spec, format: Format, style: Style): Promise<string | Uint8Array> {
  if (format === "json") return `${JSON.stringify(spec, (_, value) => (value instanceof Uint8Array ? hex(value) : value), 2)}\n`;
  if (format === "bytes") {
    const [program, ...others] = spec.programs;
    if (program === undefined || others.length > 0) {
      throw new CliError(
        EXIT.usage,
        `--emit bytes writes one program; choose one with --program: ${spec.programs.map(({ name }) => name).join(", ")}`,
      );
    }
    return program.code;
  }
  const parts = await Promise.all(spec.programs.map((program) => assembly(program, style)));
  return parts.join("\n");
}

/** Instructions by slot, each under the source line it came from. */
async function assembly(program: ProgramSpec, style: Style): Promise<string> {
  const [{ decode }, { slots }, { print }, { HELPER }] = await Promise.all([
    import("../../isa/decode.ts"),
    import("../../isa/instruction.ts"),
    import("../../isa/print.ts"),
    import("../../uapi/helpers.ts"),
  ]);
  const helpers = new Map<number, string>(Object.entries(HELPER).map(([name, number]) => [number, name]));
  const maps = new Map(
    program.relocations.map(({ slot, map, offset, kind }) => [slot, kind === "map" ? `map ${map}` : `map ${map}[0] + ${offset}`]),
  );
  const lines = new Map(program.lines.map((line) => [line.slot, line]));
  const functions = new Map(program.functions.map(({ slot, name }) => [slot, name]));
  const out = [`${style.bold(program.name)} ${style.dim(`${program.section}, ${program.code.length / 8} instructions`)}`];
  let slot = 0;
  let shown = "";
  for (const instruction of decode(program.code)) {
    const name = functions.get(slot);
    if (name !== undefined && slot > 0) out.push(style.bold(`${name}:`));
    const line = lines.get(slot);
    const place = line === undefined ? "" : `${line.file}:${line.line}`;
    if (line !== undefined && place !== shown) {
      out.push(style.dim(`; ${line.text} @ ${place}`));
      shown = place;
    }
    const map = maps.get(slot);
    const text =
      map === undefined
        ? print(instruction, { helperName: (number: number) => helpers.get(number) ?? null })
        : `r${instruction.dst} = ${map}`;
    out.push(`${String(slot).padStart(4)}: ${text}`);
    slot += slots(instruction);
  }
  return `${out.join("\n")}\n`;
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("hex");
}

export const compile = { help, run: execute };
