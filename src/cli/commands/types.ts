/** `skep types`: the kernel's types as TypeScript declarations, for editors. */

import { readFile, writeFile } from "node:fs/promises";
import { nearest } from "../../nearest.ts";
import type { Arguments, CommandHelp } from "../arguments.ts";
import { CliError, EXIT, type ExitStatus } from "../exit.ts";
import { naming, openTypes, TYPES_HELP, write } from "../sources.ts";

const SHIPPED = ["6.1", "6.12", "6.18"] as const;

const help: CommandHelp = {
  name: "types",
  summary: "declare kernel types in TypeScript, for editors: those that programs use",
  operands: "[NAME… | FILE.bpf.ts…]",
  options: {
    btf: { value: `TYPES|${SHIPPED.join("|")}`, help: "whose types; default 6.18, which programs are compiled with" },
    output: { value: "FILE", short: "o", help: "write there, e.g. vmlinux.d.ts beside the programs; default: print" },
  },
  notes: [
    "NAME is a struct, union, enum or typedef of the kernel, e.g. task_struct.",
    "Of a FILE, what it imports from skep/vmlinux, reads through pointers and is attached to. Give all files of a project at once.",
    `${TYPES_HELP[0]?.toUpperCase()}${TYPES_HELP.slice(1)}.`,
    "Programs compile without this file: it is for tsc and completion.",
  ],
  examples: ["skep types trace.bpf.ts -o vmlinux.d.ts", "skep types task_struct sock --btf kernel"],
};

async function execute(args: Arguments): Promise<ExitStatus> {
  if (args.operands.length === 0) {
    throw new CliError(EXIT.usage, 'skep types needs names of kernel types, or programs; "skep types --help" shows examples');
  }
  const files = args.operands.filter((operand) => operand.endsWith(".ts"));
  const names = args.operands.filter((operand) => !operand.endsWith(".ts"));
  const { title, btf } = await typesNamed(args.value("btf") ?? "6.18");
  const [{ declareKernelTypes }, { resolveFrom }] = await Promise.all([
    import("../../compiler/kernel-types.ts"),
    import("../../source-files.ts"),
  ]);
  const sources = await Promise.all(
    files.map(async (file) => ({ file, text: await naming(file, () => readFile(file, "utf8")) })),
  );
  const { text, missing } = declareKernelTypes(names, sources, { kernel: () => btf, title, resolve: resolveFrom });
  const [first] = missing;
  if (first !== undefined) {
    const near = nearest(first, typeNames(btf));
    throw new CliError(EXIT.input, `${title} has no type ${first}${near === null ? "" : `; did you mean ${near}?`}`);
  }
  const output = args.value("output");
  if (output === undefined) await write(text);
  else await writeFile(output, text);
  return EXIT.ok;
}

async function typesNamed(
  name: string,
): Promise<{ readonly title: string; readonly btf: Awaited<ReturnType<typeof openTypes>> }> {
  const shipped = SHIPPED.find((version) => version === name);
  if (shipped === undefined) return { title: name === "kernel" ? "this kernel" : name, btf: await openTypes(name) };
  const { kernelTypes } = await import("../../kernels/btf.ts");
  return { title: `Linux ${shipped}`, btf: kernelTypes(shipped) };
}

function* typeNames(btf: Awaited<ReturnType<typeof openTypes>>): Iterable<string> {
  for (const kind of ["struct", "union", "enum", "typedef"] as const) for (const id of btf.ids(kind)) yield btf.name(id);
}

export const types = { help, run: execute };
