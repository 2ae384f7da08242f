/** `skep skeleton FILE`: a typed module for any object. */

import { writeFile } from "node:fs/promises";
import { basename, dirname, relative, resolve } from "node:path";
import type { Spec } from "../../object/spec.ts";
import { type Arguments, type CommandHelp, fileOperand } from "../arguments.ts";
import { CliError, EXIT, type ExitStatus } from "../exit.ts";
import { openSpec, write } from "../sources.ts";

const help: CommandHelp = {
  name: "skeleton",
  summary: "make a TypeScript module that knows an object's maps, variables and programs",
  operands: "FILE [-o MODULE.ts]",
  options: {
    output: { value: "MODULE.ts", short: "o", help: "write there instead of stdout" },
    embed: { help: "with the object in it, so that the module is all that is needed" },
    types: { help: "types alone, for load<typeof import(…)>(spec)" },
  },
  notes: [
    "FILE is an object file, a C source, or a .bpf.ts source (which needs no skeleton: its own types say the same).",
    "The module's default export loads it: await using it = await load(engine). Without --embed it finds FILE from where the module lies.",
  ],
  examples: ["skep skeleton trace.o -o trace.skel.ts", "skep skeleton trace.bpf.c --embed -o trace.skel.ts"],
};

async function execute(args: Arguments): Promise<ExitStatus> {
  const file = fileOperand(help, args);
  const output = args.value("output");
  if (args.flag("embed") && args.flag("types")) throw new CliError(EXIT.usage, "--embed and --types exclude each other");
  const spec = await openSpec(file);
  const load = args.flag("types") ? undefined : args.flag("embed") ? await embedded(spec) : besides(file, output);
  const { skeletonModule } = await import("../../object/skeleton/module.ts");
  const text = skeletonModule(spec, { source: basename(file), ...(load === undefined ? {} : { load }) });
  if (output === undefined) await write(text);
  else await writeFile(output, text);
  return EXIT.ok;
}

/** By the way from the module to the file. */
function besides(file: string, output: string | undefined) {
  const from = relative(output === undefined ? dirname(resolve(file)) : dirname(resolve(output)), resolve(file));
  const url = from.startsWith(".") ? from : `./${from}`;
  return {
    imports: 'import { fileURLToPath } from "node:url";\nimport { compile } from "skep";\n',
    spec: `await compile(fileURLToPath(new URL(${JSON.stringify(url)}, import.meta.url)))`,
  };
}

/** Characters of a line of base64. */
const LINE = 120;

async function embedded(spec: Spec) {
  const { writeObject } = await import("../../object/write/write.ts");
  const text = Buffer.from(writeObject(spec)).toString("base64");
  const lines = text.match(new RegExp(`.{1,${LINE}}`, "g")) ?? [];
  return {
    imports: 'import { readObject } from "skep";\n',
    spec: `readObject(Uint8Array.from(atob(OBJECT), (character) => character.charCodeAt(0)), { name: ${JSON.stringify(spec.name)} })`,
    constants: `const OBJECT =\n${lines.map((line) => `  "${line}"`).join(" +\n")};\n`,
  };
}

export const skeleton = { help, run: execute };
