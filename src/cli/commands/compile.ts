/** `skep compile FILE`: what a source became. */

import { writeFile } from "node:fs/promises";
import type { Spec } from "../../object/spec.ts";
import { type Arguments, type CommandHelp, fileOperand } from "../arguments.ts";
import { CliError, EXIT, type ExitStatus } from "../exit.ts";
import { selectPrograms } from "../programs.ts";
import { openSpec } from "../sources.ts";
import { type Style, styleFor } from "../terminal.ts";

const FORMATS = ["asm", "bytes", "json"] as const;
type Format = (typeof FORMATS)[number];

const help: CommandHelp = {
  name: "compile",
  summary: "compile a program and show what it became",
  operands: "FILE",
  options: {
    emit: { value: FORMATS.join("|"), help: "instructions as text (the default), as raw bytes, or the whole Spec as JSON" },
    output: { value: "FILE", short: "o", help: "write there instead of stdout" },
    program: { value: "NAME", multiple: true, help: "only this program" },
  },
  notes: [
    "FILE is a .bpf.ts source, a C source (.c, through clang: docs/c.md), or an object file.",
    "asm prints the kernel's notation with the source lines between; references to maps are names.",
    "bytes writes one program's instructions, 8 bytes each, little-endian; references to maps are zero.",
    "json prints programs, maps, relocations and lines; code and types are hexadecimal.",
  ],
  examples: ["skep compile examples/firewall.bpf.ts", "skep compile examples/firewall.bpf.ts --emit bytes -o firewall.bin"],
};

async function execute(args: Arguments): Promise<ExitStatus> {
  const file = fileOperand(help, args);
  const format = formatOf(args);
  const spec = await openSpec(file);
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
  if (format === "json") return `${JSON.stringify(spec, (_, value: unknown) => jsonValue(value), 2)}\n`;
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
  const { assembly } = await import("../assembly.ts");
  return spec.programs.map((program) => assembly(program, style)).join("\n");
}

function jsonValue(value: unknown): unknown {
  if (value instanceof Uint8Array) return Buffer.from(value).toString("hex");
  return typeof value === "bigint" ? value.toString() : value;
}

export const compile = { help, run: execute };
