/** `skep compile FILE`: what a source became, in whichever form is wanted. */

import { writeFile } from "node:fs/promises";
import type { CpuVersion } from "../../isa/opcodes.ts";
import type { Spec } from "../../object/spec.ts";
import { type Arguments, type CommandHelp, fileOperand } from "../arguments.ts";
import { CliError, EXIT, type ExitStatus } from "../exit.ts";
import { selectPrograms } from "../programs.ts";
import { openSpec, write } from "../sources.ts";
import { type Style, styleFor } from "../terminal.ts";
import type { Destination } from "../verification.ts";

const FORMATS = ["asm", "obj", "bytes", "json", "ir", "c-header", "dts"] as const;
type Format = (typeof FORMATS)[number];

/** What a name of a file asks for; the first ending that fits. */
const BY_ENDING: readonly (readonly [ending: string, format: Format])[] = [
  [".o", "obj"],
  [".h", "c-header"],
  [".ts", "dts"],
  [".json", "json"],
  [".bin", "bytes"],
  [".ir", "ir"],
];

const CPUS: readonly CpuVersion[] = [1, 2, 3, 4];

const help: CommandHelp = {
  name: "compile",
  summary: "compile a program: to an object file, or show what it became",
  operands: "FILE [-o OUT]",
  options: {
    output: {
      value: "OUT",
      short: "o",
      help: "write there instead of stdout; its ending says what, if --emit does not (out.o: an object)",
    },
    emit: {
      value: FORMATS.join("|"),
      help: "instructions as text (the default), an object file, raw bytes, the Spec as JSON, the IR, a C header or TypeScript types for user space",
    },
    program: { value: "NAME", multiple: true, help: "only this program" },
    target: {
      value: "TARGET,…",
      multiple: true,
      help: "where it must be accepted, else nothing is written: 6.1, 6.12, 6.18, embedded; kernel stands for all three",
    },
    cpu: { value: "v1|v2|v3|v4", help: "the instruction set: v3 (the default) needs Linux 5.12, v4 6.6" },
    vmlinux: {
      value: "TYPES",
      help: "whose types skep/vmlinux and vmlinux.h have: 6.1, 6.12, 6.18, kernel, or a file of BTF (default 6.18)",
    },
    "no-optimize": { help: "with --emit ir: as it was before the optimizer" },
  },
  notes: [
    "FILE is a .bpf.ts source, a C source (.c, through clang: docs/c.md), or an object file.",
    "asm prints the kernel's notation with the source lines between; references to maps are names.",
    "obj is an ELF object as clang makes them, with types and lines: for libbpf, bpftool and other loaders.",
    "bytes writes one program's instructions, 8 bytes each, little-endian; references to maps are zero.",
    "json prints programs, maps, relocations and lines; code and types are hexadecimal.",
    "ir is the compiler's own form (TypeScript sources alone); dts is what skep skeleton --types makes.",
  ],
  examples: [
    "skep compile examples/firewall.bpf.ts",
    "skep compile examples/firewall.bpf.ts -o firewall.o --target kernel",
    "skep compile trace.bpf.c -o trace.h",
    "skep compile examples/firewall.bpf.ts --emit bytes -o firewall.bin",
  ],
};

async function execute(args: Arguments): Promise<ExitStatus> {
  const file = fileOperand(help, args);
  const output = args.value("output");
  const format = formatOf(args, output);
  const cpu = cpuOf(args);
  if (args.flag("no-optimize") && format !== "ir") throw new CliError(EXIT.usage, "--no-optimize goes with --emit ir");
  if (format === "ir" && !file.endsWith(".ts"))
    throw new CliError(EXIT.usage, `--emit ir is for .bpf.ts sources: ${file} does not go through our compiler's IR`);
  const targets = args.values("target").flatMap((value) => value.split(",").map((name) => name.trim()));
  const destinations = targets.length === 0 ? [] : await destinationsOf(targets);
  const since = destinations.length === 0 ? undefined : (await import("../destinations.ts")).oldestOf(destinations);
  const vmlinux = args.value("vmlinux");
  const spec = await openSpec(file, {
    ...(cpu === undefined ? {} : { cpu }),
    ...(vmlinux === undefined ? {} : { vmlinux }),
    ...(since === undefined ? {} : { since }),
  });
  const names = args.values("program");
  const chosen = names.length === 0 ? spec : { ...spec, programs: selectPrograms(spec, names) };
  if (destinations.length > 0 && !(await accepted(file, chosen, destinations))) return EXIT.refused;
  const style = styleFor(output === undefined ? process.stdout : {});
  const made = await emit(chosen, { file, format, style, cpu, since, optimized: !args.flag("no-optimize") });
  if (output !== undefined) await writeFile(output, made);
  else if ((format === "bytes" || format === "obj") && process.stdout.isTTY) {
    throw new CliError(EXIT.usage, "raw bytes do not belong on a terminal: add -o FILE, or pipe them somewhere");
  } else await write(made);
  return EXIT.ok;
}

function formatOf(args: Arguments, output: string | undefined): Format {
  const ending = BY_ENDING.find(([name]) => output?.endsWith(name))?.[1];
  const wanted = args.value("emit") ?? (args.flag("json") ? "json" : (ending ?? "asm"));
  const format = FORMATS.find((name) => name === wanted);
  if (format === undefined) throw new CliError(EXIT.usage, `--emit takes ${FORMATS.join(", ")}, found ${JSON.stringify(wanted)}`);
  return format;
}

function cpuOf(args: Arguments): CpuVersion | undefined {
  const wanted = args.value("cpu");
  if (wanted === undefined) return undefined;
  const cpu = CPUS.find((version) => wanted === `v${version}` || wanted === `${version}`);
  if (cpu === undefined) throw new CliError(EXIT.usage, `--cpu takes v1, v2, v3 or v4, found ${JSON.stringify(wanted)}`);
  return cpu;
}

async function destinationsOf(targets: readonly string[]): Promise<Destination[]> {
  const [{ destinationsNamed }, { KERNELS }] = await Promise.all([
    import("../destinations.ts"),
    import("../../verifier/targets/index.ts"),
  ]);
  const names = targets.flatMap((name) => (name === "kernel" ? KERNELS : [name]));
  return destinationsNamed(names, "--target");
}

/** Verifies for each target, and tells on stderr of what is refused. */
async function accepted(file: string, spec: Spec, destinations: readonly Destination[]): Promise<boolean> {
  const [{ verifyFor }, { renderVerification }, { sourceReader }, { hasColours }] = await Promise.all([
    import("../verification.ts"),
    import("../render-verification.ts"),
    import("../source-lines.ts"),
    import("../terminal.ts"),
  ]);
  const view = { style: styleFor(process.stderr), color: hasColours(process.stderr), source: sourceReader(file) };
  let all = true;
  for (const program of spec.programs) {
    const results = [];
    for (const destination of destinations) {
      // The application that has the hook knows what its programs may do, and verifies them.
      if (destination.name === "embedded" && program.section.startsWith("hook/")) continue;
      results.push(await verifyFor(spec, program, destination, { log: false, profile: false }));
    }
    if (results.every(({ verdict }) => verdict?.accepted === true)) continue;
    all = false;
    process.stderr.write(`${renderVerification(results, view)}\n`);
  }
  return all;
}

interface Emission {
  readonly file: string;
  readonly format: Format;
  readonly style: Style;
  readonly cpu: CpuVersion | undefined;
  readonly since: string | undefined;
  readonly optimized: boolean;
}

async function emit(spec: Spec, { file, format, style, cpu, since, optimized }: Emission): Promise<string | Uint8Array> {
  switch (format) {
    case "json":
      return `${JSON.stringify(spec, (_, value: unknown) => jsonValue(value), 2)}\n`;
    case "bytes":
      return onlyProgram(spec).code;
    case "obj":
      return (await import("../../object/write/write.ts")).writeObject(spec);
    case "ir": {
      const { intermediate } = await import("../../compile.ts");
      const names = new Set(spec.programs.flatMap(({ functions }) => functions.map(({ name }) => name)));
      const functions = await intermediate(file, {
        optimized,
        ...(cpu === undefined ? {} : { cpu }),
        ...(since === undefined ? {} : { since }),
      });
      return functions
        .filter(({ name }) => names.has(name))
        .map(({ text }) => text)
        .join("\n");
    }
    case "c-header":
      return (await import("../../object/skeleton/c-header.ts")).cHeader(spec);
    case "dts": {
      const { skeletonModule } = await import("../../object/skeleton/module.ts");
      return skeletonModule(spec, { source: file });
    }
    default: {
      const { assembly } = await import("../assembly.ts");
      return spec.programs.map((program) => assembly(program, style)).join("\n");
    }
  }
}

function onlyProgram(spec: Spec): Spec["programs"][number] {
  const [program, ...others] = spec.programs;
  if (program !== undefined && others.length === 0) return program;
  throw new CliError(
    EXIT.usage,
    `--emit bytes writes one program; choose one with --program: ${spec.programs.map(({ name }) => name).join(", ")}`,
  );
}

function jsonValue(value: unknown): unknown {
  if (value instanceof Uint8Array) return Buffer.from(value).toString("hex");
  return typeof value === "bigint" ? value.toString() : value;
}

export const compile = { help, run: execute };
