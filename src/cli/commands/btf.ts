/** `skep btf dump` and `skep btf diff`: types, and how they differ. */

import type { Arguments, CommandHelp } from "../arguments.ts";
import { findTypes } from "../btf-types.ts";
import { CliError, EXIT, type ExitStatus } from "../exit.ts";
import { openTypes, TYPES_HELP, write } from "../sources.ts";
import { styleFor } from "../terminal.ts";

const FORMATS = ["c", "dts", "json"] as const;
type Format = (typeof FORMATS)[number];

const help: CommandHelp = {
  name: "btf",
  summary: "print types as C, TypeScript or JSON, or what changed between two kernels",
  operands: "dump [TYPES] | diff TYPES TYPES",
  options: {
    format: {
      value: FORMATS.join("|"),
      short: "f",
      help: "dump: C declarations (the default), TypeScript declarations, or JSON",
    },
    type: { value: "NAME", short: "t", multiple: true, help: "only this type; dump: and what it needs" },
    side: { value: "program|user", help: "dump --format dts: as a .bpf.ts sees them (the default), or as its user does" },
  },
  notes: [
    `${TYPES_HELP[0]?.toUpperCase()}${TYPES_HELP.slice(1)}. Default: kernel.`,
    "NAME is task_struct, or struct task_struct where several kinds have the name.",
    "dump of everything as C is a vmlinux.h for clang. diff tells of fields that only moved when --verbose is given.",
    "diff ends with status 0, whether anything changed or not.",
  ],
  examples: [
    "skep btf dump > vmlinux.h",
    "skep btf dump kernel --type task_struct --format dts",
    "skep btf diff 6.1.btf kernel --type sk_buff",
  ],
};

async function execute(args: Arguments): Promise<ExitStatus> {
  const [verb, ...operands] = args.operands;
  if (verb === "dump") return dump(args, operands);
  if (verb === "diff") return diff(args, operands);
  throw new CliError(EXIT.usage, `skep btf needs dump or diff, found ${verb === undefined ? "neither" : JSON.stringify(verb)}`);
}

async function dump(args: Arguments, operands: readonly string[]): Promise<ExitStatus> {
  const [source = "kernel", ...extra] = operands;
  if (extra.length > 0) throw new CliError(EXIT.usage, `skep btf dump takes one source of types, found also ${extra.join(" ")}`);
  const format = formatOf(args);
  const side = args.value("side") ?? "program";
  if (side !== "program" && side !== "user") {
    throw new CliError(EXIT.usage, `--side takes program or user, found ${JSON.stringify(side)}`);
  }
  if (args.flag("side") && format !== "dts") throw new CliError(EXIT.usage, "--side goes with --format dts");
  const btf = await openTypes(source);
  const names = args.values("type");
  const types = names.length === 0 ? null : names.flatMap((name) => findTypes(btf, name, source));
  if (format === "json") {
    const { typesAsJson } = await import("../btf-json.ts");
    for (const text of typesAsJson(btf, types)) await write(text);
  } else if (format === "dts") {
    const callable = types?.find((id) => btf.kind(id) === "function" || btf.kind(id) === "variable");
    if (callable !== undefined) {
      throw new CliError(EXIT.usage, `${btf.name(callable)} is a ${btf.kind(callable)}, which only --format c and json declare`);
    }
    const { printDts } = await import("../../btf/dts/print.ts");
    await write(printDts(btf, types === null ? { side } : { side, types }));
  } else {
    const { printTypes } = await import("../btf-c.ts");
    await write(printTypes(btf, types));
  }
  return EXIT.ok;
}

function formatOf(args: Arguments): Format {
  const wanted = args.value("format") ?? (args.flag("json") ? "json" : "c");
  const format = FORMATS.find((name) => name === wanted);
  if (format === undefined)
    throw new CliError(EXIT.usage, `--format takes ${FORMATS.join(", ")}, found ${JSON.stringify(wanted)}`);
  return format;
}

async function diff(args: Arguments, operands: readonly string[]): Promise<ExitStatus> {
  const [from, to, ...extra] = operands;
  if (from === undefined || to === undefined || extra.length > 0) {
    throw new CliError(EXIT.usage, `skep btf diff takes two sources of types, found ${operands.length}`);
  }
  for (const option of ["format", "side"]) {
    if (args.flag(option)) throw new CliError(EXIT.usage, `--${option} goes with skep btf dump`);
  }
  const { diffTypes, renderChanges } = await import("../btf-diff.ts");
  const [before, after] = await Promise.all([openTypes(from), openTypes(to)]);
  const changes = diffTypes(before, after, args.values("type"), [from, to]);
  if (args.flag("json")) {
    const { toJson } = await import("../maps.ts");
    await write(`${toJson(changes)}\n`);
  } else {
    await write(renderChanges(changes, styleFor(process.stdout), { verbose: args.flag("verbose") }));
  }
  return EXIT.ok;
}

export const btf = { help, run: execute };
