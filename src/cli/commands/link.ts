/** `skep link A.o B.o … -o OUT.o`: several objects become one. */

import { readFile, writeFile } from "node:fs/promises";
import type { Arguments, CommandHelp } from "../arguments.ts";
import { CliError, EXIT, type ExitStatus } from "../exit.ts";
import { toJson } from "../maps.ts";
import { naming, write } from "../sources.ts";

const help: CommandHelp = {
  name: "link",
  summary: "link several objects into one",
  operands: "FILE.o … -o OUT.o",
  options: { output: { value: "FILE", short: "o", help: "the object to write" } },
  notes: [
    "Global functions, variables and maps of one object are those that others declare extern; static ones stay apart.",
    "What none defines stays undefined: kernel functions, kernel configuration. The order of the files is kept.",
    "With --json: what the new object has.",
  ],
  examples: ["skep link main.o lib.o -o tool.o"],
};

async function execute(args: Arguments): Promise<ExitStatus> {
  const output = args.value("output");
  if (args.operands.length === 0) throw new CliError(EXIT.usage, `skep link needs files: skep link ${help.operands}`);
  if (output === undefined) throw new CliError(EXIT.usage, "where shall it be written? -o OUT.o says so");
  const [{ link }, { readObject }] = await Promise.all([import("../../object/link/link.ts"), import("../../object/read.ts")]);
  const inputs = await Promise.all(args.operands.map(async (name) => ({ name, bytes: await readFile(name) })));
  // One that is malformed is named; errors of linking name their files themselves.
  for (const { name, bytes } of inputs) await naming(name, () => readObject(bytes, { name }));
  const linked = link(inputs);
  // What we cannot read ourselves is not worth writing.
  const spec = await naming(output, () => readObject(linked, { name: output }));
  await writeFile(output, linked);
  if (args.flag("json")) {
    const names = (parts: readonly { name: string }[]) => parts.map(({ name }) => name);
    const { externs = [] } = spec;
    const made = { bytes: linked.length, programs: names(spec.programs), maps: names(spec.maps), externs: names(externs) };
    await write(`${toJson({ output, ...made })}\n`);
  }
  return EXIT.ok;
}

export const link = { help, run: execute };
