/** What `skep list network`, `cgroups` and `perf` show: which program is where. */

import type { KernelInspector } from "../../engine/linux/inspect/inspector.ts";
import type { CgroupAttachment, NetworkAttachment } from "../../engine/linux/inspect/types.ts";
import type { Column } from "../terminal.ts";
import { type Listed, slimTable } from "./lists.ts";

const LEFT = (title: string): Column => ({ title, align: "left" });
const RIGHT = (title: string): Column => ({ title, align: "right" });

export function listNetwork(kernel: KernelInspector): Listed {
  const all = kernel.network();
  const nameOf = programNames(kernel);
  const rows = (): string[][] =>
    all.map((each) => [
      each.interface === null ? "(namespace)" : each.interface.name,
      hookText(each),
      each.mode ?? each.discipline ?? placeText(each),
      each.filter ?? "",
      String(each.program),
      nameOf(each.program),
      each.link === null ? "" : String(each.link),
    ]);
  const columns = [LEFT("interface"), LEFT("hook"), LEFT("where"), LEFT("filter"), RIGHT("program"), LEFT("name"), RIGHT("link")];
  return {
    title: "Network",
    none: "nothing is attached to this network namespace",
    items: all,
    lines: (style) => slimTable(columns, rows(), style),
  };
}

const placeText = ({ netfilter }: NetworkAttachment): string =>
  netfilter === null ? "" : `${netfilter.family} ${netfilter.hook} ${netfilter.priority}`;

/** `tcx ingress`; names with one meaning stay as they are. */
const hookText = ({ hook }: NetworkAttachment): string => hook.replace(/^(tcx|tc|netkit)_/, "$1 ");

export function listCgroups(kernel: KernelInspector, path: string | undefined, effective: boolean): Listed {
  const all = kernel.cgroups(path, { effective });
  const nameOf = programNames(kernel);
  const rows = (): string[][] =>
    all.flatMap((each) =>
      each.programs.map(({ program }) => [each.cgroup, each.attachType, each.mode ?? "", String(program), nameOf(program)]),
    );
  const columns = [LEFT("control group"), LEFT("attached as"), LEFT("mode"), RIGHT("program"), LEFT("name")];
  return {
    title: "Control groups",
    none: `nothing ${effective ? "runs for" : "is attached to"} ${path === undefined ? "any control group" : `${path} or a control group below it`}`,
    items: all satisfies readonly CgroupAttachment[],
    lines: (style) => slimTable(columns, rows(), style),
  };
}

export function listPerf(kernel: KernelInspector): Listed {
  const all = kernel.perfEvents();
  const nameOf = programNames(kernel);
  const rows = (): string[][] =>
    all.map(({ command, pid, fd, type, name, offset, address, program }) => [
      `${command} (${pid})`,
      String(fd),
      type,
      [name || hex(address), offset === null || offset === 0n ? "" : `+${hex(offset)}`].join(""),
      String(program),
      nameOf(program),
    ]);
  const columns = [LEFT("process"), RIGHT("descriptor"), LEFT("kind"), LEFT("event"), RIGHT("program"), LEFT("name")];
  return {
    title: "Perf events",
    none: "no process has a program on a perf event by its descriptor (links: skep list links)",
    items: all,
    lines: (style) => slimTable(columns, rows(), style),
  };
}

const hex = (number: bigint | null): string => (number === null ? "" : `0x${number.toString(16)}`);

/** Of those that are still there, asked for once each. */
function programNames(kernel: KernelInspector): (id: number) => string {
  const known = new Map<number, string>();
  return (id) => {
    let name = known.get(id);
    if (name === undefined) {
      try {
        name = kernel.program(id).name;
      } catch {
        // It was detached meanwhile, or this process may see what is attached but not programs (CAP_NET_ADMIN alone).
        name = "";
      }
      known.set(id, name);
    }
    return name;
  };
}
