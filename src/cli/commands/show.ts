/** `skep show`: one program, map, link or BTF object of the kernel, and everything about it. */

import type { KernelInspector } from "../../engine/linux/inspect/inspector.ts";
import { inspectKernel } from "../../engine/open.ts";
import { nearest } from "../../nearest.ts";
import { type Arguments, type CommandHelp, numberOption } from "../arguments.ts";
import { CliError, EXIT, type ExitStatus } from "../exit.ts";
import { Usage } from "../kernel/usage.ts";
import { referenceOf } from "../kernel/words.ts";
import { toJson } from "../maps.ts";
import { write } from "../sources.ts";
import { type Style, styleFor } from "../terminal.ts";

const KINDS = ["program", "map", "link", "btf"] as const;
type Kind = (typeof KINDS)[number];

const CODES = ["translated", "jited", "none"] as const;
type Code = (typeof CODES)[number];

/** Options that go with one kind. */
const ONLY_FOR: Readonly<Record<string, Kind>> = { code: "program", disassemble: "program", top: "map", format: "btf" };

const help: CommandHelp = {
  name: "show",
  summary: "one program, map, link or BTF object of the kernel: facts, code with source lines, contents, who uses it",
  operands: "program|map|link|btf ID|NAME|PATH",
  options: {
    code: {
      value: CODES.join("|"),
      help: "program: instructions as the verifier left them (the default), the machine code that became of them, or neither",
    },
    disassemble: { help: "with --code jited: as instructions, through objdump or llvm-mc if one is installed" },
    top: { value: "N", help: "map: rows of its contents to show (default 10)" },
    format: { value: "c|dts|json", help: "btf: print the types themselves, as C, TypeScript or JSON" },
  },
  notes: [
    "ID is the kernel's number, NAME what it is called (all of that name are shown; links have none), PATH where it is pinned.",
    "It needs CAP_SYS_ADMIN (root). Maps are opened for reading.",
    "With --json: an object; of several with that name, an array.",
  ],
  examples: [
    "sudo skep show program firewall",
    "sudo skep show program 42 --code jited --disassemble",
    "sudo skep show map /sys/fs/bpf/drops --top 50",
    "sudo skep show btf 7 --format c",
  ],
};

/** What is shown of one object. */
interface Shown {
  readonly json: unknown;
  readonly lines: readonly string[];
}

interface Options {
  readonly code: Code;
  readonly disassemble: boolean;
  readonly most: number;
  readonly json: boolean;
  readonly style: Style;
}

async function execute(args: Arguments): Promise<ExitStatus> {
  const [word, name, ...extra] = args.operands;
  const kind = kindNamed(word);
  if (name === undefined)
    throw new CliError(EXIT.usage, `skep show ${kind} needs a number, a name or a path: skep list shows what there is`);
  if (extra.length > 0) throw new CliError(EXIT.usage, `skep show takes one ${kind}, found also ${extra.join(" ")}`);
  for (const [option, other] of Object.entries(ONLY_FOR))
    if (args.flag(option) && other !== kind) throw new CliError(EXIT.usage, `--${option} goes with skep show ${other}`);
  const code = oneOf(args, "code", CODES) ?? "translated";
  if (args.flag("disassemble") && code !== "jited") throw new CliError(EXIT.usage, "--disassemble goes with --code jited");
  const options: Options = {
    code,
    disassemble: args.flag("disassemble"),
    most: numberOption(args, "top", 0, 1_000_000) ?? 10,
    json: args.flag("json"),
    style: styleFor(process.stdout),
  };
  using kernel = await inspectKernel();
  const reference = referenceOf(name);
  if (kind === "btf" && args.flag("format"))
    return printTypes(kernel, reference, oneOf(args, "format", ["c", "dts", "json"]) ?? "c");
  const shown = await SHOW[kind](kernel, reference, options);
  if (options.json) await write(`${toJson(shown.length === 1 ? shown[0]?.json : shown.map(({ json }) => json))}\n`);
  else await write(`${shown.map(({ lines }) => lines.join("\n")).join("\n\n")}\n`);
  return EXIT.ok;
}

const SHOW: Readonly<Record<Kind, (kernel: KernelInspector, which: number | string, options: Options) => Promise<Shown[]>>> = {
  async program(kernel, which, { code, disassemble, json, style }) {
    const { renderProgram, renderTranslated, renderMachineCode } = await import("../kernel/show-program.ts");
    const disassembler = disassemble ? (await import("../kernel/disassemble.ts")).findDisassembler() : null;
    const programs = kernel.programs(which);
    const usage = new Usage(kernel);
    const shown = programs.map(async (program) => {
      const use = usage.of("program", program.id);
      const metadata = await kernel.metadata(program.id);
      const translated = code === "translated" ? kernel.translated(program.id) : null;
      const machine = code === "jited" ? kernel.machineCode(program.id) : null;
      if (json) return { json: { ...program, metadata, ...use, ...codeAsJson(translated, machine) }, lines: [] };
      const lines = renderProgram(kernel, program, metadata, use, style);
      if (translated !== null) lines.push("", ...renderTranslated(kernel, program, translated, style));
      else if (machine !== null) lines.push("", ...renderMachineCode(kernel, machine, style, disassembler));
      else if (code !== "none") lines.push("", style.dim("the kernel shows no code of it to this process, or has none"));
      return { json: null, lines };
    });
    return Promise.all(shown);
  },
  async map(kernel, which, { most, json, style }) {
    const { renderMapFacts, renderMapContents, mapContents } = await import("../kernel/show-map.ts");
    const maps = kernel.maps(which);
    const usage = new Usage(kernel);
    return Promise.all(
      maps.map(async (map) => {
        const use = usage.of("map", map.id);
        if (json) return { json: { ...map, ...use, contents: await mapContents(kernel, map) }, lines: [] };
        const lines = renderMapFacts(kernel, map, use, style);
        return { json: null, lines: [...lines, "", ...(await renderMapContents(kernel, map, most, style))] };
      }),
    );
  },
  async link(kernel, which, { style }) {
    const { renderLink } = await import("../kernel/show-link.ts");
    const usage = new Usage(kernel);
    return kernel.links(which).map((link) => {
      const use = usage.of("link", link.id);
      return { json: { ...link, ...use }, lines: renderLink(kernel, link, use, style) };
    });
  },
  async btf(kernel, which, { style }) {
    const { describeTypes, renderTypes } = await import("../kernel/show-btf.ts");
    const usage = new Usage(kernel);
    return kernel.btfs(which).map((btf) => {
      const described = describeTypes(kernel, btf, usage.of("btf", btf.id));
      return { json: described, lines: renderTypes(described, style) };
    });
  },
};

function codeAsJson(
  translated: ReturnType<KernelInspector["translated"]>,
  machine: ReturnType<KernelInspector["machineCode"]>,
): Record<string, unknown> {
  if (translated !== null) {
    const { functions, instructions } = translated;
    return { functions, instructions: instructions.map(({ instruction: _, ...rest }) => rest) };
  }
  return machine === null ? {} : { machineCode: machine.functions };
}

async function printTypes(kernel: KernelInspector, which: number | string, format: "c" | "dts" | "json"): Promise<ExitStatus> {
  const [btf] = kernel.btfs(which);
  const types = kernel.types(btf?.id ?? 0);
  if (format === "json") {
    const { typesAsJson } = await import("../btf-json.ts");
    for (const text of typesAsJson(types, null)) await write(text);
  } else if (format === "dts") {
    const { printDts } = await import("../../btf/dts/print.ts");
    await write(printDts(types, { side: "program" }));
  } else {
    const { printTypes: printC } = await import("../btf-c.ts");
    await write(printC(types, null));
  }
  return EXIT.ok;
}

function kindNamed(word: string | undefined): Kind {
  const found = KINDS.find((kind) => kind === word || `${kind}s` === word);
  if (found !== undefined) return found;
  const near = word === undefined ? null : nearest(word, KINDS);
  const hint = near === null ? "" : `; did you mean ${near}?`;
  const what = word === undefined ? "none of them" : JSON.stringify(word);
  throw new CliError(EXIT.usage, `skep show takes ${KINDS.join(", ")} and which, found ${what}${hint}`);
}

function oneOf<Word extends string>(args: Arguments, name: string, words: readonly Word[]): Word | undefined {
  const value = args.value(name);
  const found = words.find((word) => word === value);
  if (found !== undefined || value === undefined) return found;
  throw new CliError(EXIT.usage, `--${name} takes ${words.join(", ")}, found ${JSON.stringify(value)}`);
}

export const show = { help, run: execute };
