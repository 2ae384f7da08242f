/** `skep list`: what is in the kernel. */

import { inspectKernel } from "../../engine/open.ts";
import { nearest } from "../../nearest.ts";
import type { Arguments, CommandHelp } from "../arguments.ts";
import { CliError, EXIT, type ExitStatus } from "../exit.ts";
import type { LISTS } from "../kernel/lists.ts";
import { toJson } from "../maps.ts";
import { write } from "../sources.ts";
import { styleFor } from "../terminal.ts";

const KINDS = ["programs", "maps", "btf"] as const satisfies readonly (keyof typeof LISTS)[];
type Kind = (typeof KINDS)[number];

const help: CommandHelp = {
  name: "list",
  summary: "what is in the kernel: programs, maps, links, types, and who uses them",
  operands: "[programs | maps | links | btf]",
  options: {},
  notes: [
    "Without a kind: programs, maps and links.",
    "It shows what all processes have, and needs CAP_SYS_ADMIN (root).",
    "With --json: an array of one kind, or an object with the arrays of several.",
  ],
  examples: ["sudo skep list", "sudo skep list maps", "sudo skep list programs --json"],
};

async function execute(args: Arguments): Promise<ExitStatus> {
  const [word, ...extra] = args.operands;
  if (extra.length > 0) throw new CliError(EXIT.usage, `skep list takes one kind, found also ${extra.join(" ")}`);
  const kinds: readonly Kind[] = word === undefined ? ["programs", "maps"] : [kindNamed(word)];
  using kernel = await inspectKernel();
  const [{ Usage }, lists] = await Promise.all([import("../kernel/usage.ts"), import("../kernel/lists.ts")]);
  const usage = new Usage(kernel);
  const listed = kinds.map((kind) => lists.LISTS[kind](kernel, usage));
  if (args.flag("json")) {
    const all = Object.fromEntries(kinds.map((kind, at) => [kind, listed[at]?.items]));
    await write(`${toJson(word === undefined ? all : listed[0]?.items)}\n`);
    return EXIT.ok;
  }
  const style = styleFor(process.stdout);
  const texts = listed.map(({ title, none, items, lines }) => {
    if (items.length === 0) return style.dim(none);
    return [...(listed.length > 1 ? [style.bold(title)] : []), ...lines(style)].join("\n");
  });
  await write(`${texts.join("\n\n")}\n`);
  return EXIT.ok;
}

function kindNamed(word: string): Kind {
  const found = KINDS.find((kind) => kind === word || kind === `${word}s`);
  if (found !== undefined) return found;
  const near = nearest(word, KINDS);
  const hint = near === null ? "" : `; did you mean ${near}?`;
  throw new CliError(EXIT.usage, `skep list takes ${KINDS.join(", ")}, found ${JSON.stringify(word)}${hint}`);
}

export const list = { help, run: execute };
