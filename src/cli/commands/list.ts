/** `skep list`: what is in the kernel. */

import type { KernelInspector } from "../../engine/linux/inspect/inspector.ts";
import { inspectKernel } from "../../engine/open.ts";
import { nearest } from "../../nearest.ts";
import type { Arguments, CommandHelp } from "../arguments.ts";
import { CliError, EXIT, type ExitStatus } from "../exit.ts";
import type { Listed } from "../kernel/lists.ts";
import { toJson } from "../maps.ts";
import { write } from "../sources.ts";
import { styleFor } from "../terminal.ts";

const KINDS = ["programs", "maps", "links", "btf", "network", "cgroups", "perf"] as const;
type Kind = (typeof KINDS)[number];

/** Of those: what no kind means. */
const USUAL: readonly Kind[] = ["programs", "maps", "links"];

const help: CommandHelp = {
  name: "list",
  summary: "what is in the kernel: programs, maps, links, types, what is attached where, and who uses it",
  operands: `[${KINDS.join(" | ")}] [PATH]`,
  options: {
    effective: { help: "cgroups: what runs for a group, from groups above it, too; not only what is attached to it" },
  },
  notes: [
    "Without a kind: programs, maps and links.",
    "network is what is attached to interfaces of this network namespace, and to the namespace: XDP, tc, tcx, netkit, flow dissectors, socket lookups. cgroups is what is attached to the control group PATH (default: /) and those below it. perf is what processes have on perf events by their descriptors.",
    "It shows what all processes have, and needs CAP_SYS_ADMIN (root); network and cgroups do with CAP_NET_ADMIN.",
    "With --json: an array of one kind, or an object with the arrays of several.",
  ],
  examples: [
    "sudo skep list",
    "sudo skep list maps",
    "sudo skep list programs --json",
    "sudo skep list cgroups /system.slice --effective",
  ],
};

async function execute(args: Arguments): Promise<ExitStatus> {
  const [word, ...more] = args.operands;
  const kinds = word === undefined ? USUAL : [kindNamed(word)];
  const [path, ...extra] = word === "cgroups" || word === "cgroup" ? more : [undefined, ...more];
  if (extra.length > 0) throw new CliError(EXIT.usage, `skep list takes one kind, found also ${extra.join(" ")}`);
  const effective = args.flag("effective");
  if (effective && !kinds.includes("cgroups")) throw new CliError(EXIT.usage, "--effective goes with skep list cgroups");
  using kernel = await inspectKernel();
  const listed: Listed[] = [];
  for (const kind of kinds) listed.push(await listOf(kernel, kind, path, effective));
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

async function listOf(kernel: KernelInspector, kind: Kind, path: string | undefined, effective: boolean): Promise<Listed> {
  if (kind === "network" || kind === "cgroups" || kind === "perf") {
    const { listNetwork, listCgroups, listPerf } = await import("../kernel/attached-lists.ts");
    if (kind === "network") return listNetwork(kernel);
    return kind === "cgroups" ? listCgroups(kernel, path, effective) : listPerf(kernel);
  }
  const [{ Usage }, { listPrograms, listMaps, listLinks, listBtfs }] = await Promise.all([
    import("../kernel/usage.ts"),
    import("../kernel/lists.ts"),
  ]);
  const usage = new Usage(kernel);
  switch (kind) {
    case "programs":
      return listPrograms(kernel, usage);
    case "maps":
      return listMaps(kernel, usage);
    case "links":
      return listLinks(kernel, usage);
    case "btf":
      return listBtfs(kernel, usage);
  }
}

function kindNamed(word: string): Kind {
  const found = KINDS.find((kind) => kind === word || kind === `${word}s`);
  if (found !== undefined) return found;
  const near = nearest(word, KINDS);
  const hint = near === null ? "" : `; did you mean ${near}?`;
  throw new CliError(EXIT.usage, `skep list takes ${KINDS.join(", ")}, found ${JSON.stringify(word)}${hint}`);
}

export const list = { help, run: execute };
