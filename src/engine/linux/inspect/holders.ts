/**
 * Which processes hold descriptors of BPF objects: /proc/PID/fd says which descriptors are of BPF at all, /proc/PID/fdinfo of which object. Of
 * other users' processes only root is told; of processes that end meanwhile, nobody.
 */

import type { Facts } from "../facts.ts";
import { DescriptorFacts } from "./fdinfo.ts";
import type { ObjectHolder } from "./types.ts";

/** What links in /proc/PID/fd say (`anon_inode_getfd` of kernel/bpf/), and the line of fdinfo with the object's number. */
const KINDS: Readonly<Record<string, readonly [kind: ObjectHolder["kind"], line: string]>> = {
  "anon_inode:bpf-prog": ["program", "prog_id"],
  "anon_inode:bpf-map": ["map", "map_id"],
  "anon_inode:bpf_link": ["link", "link_id"],
  "anon_inode:bpf-link": ["link", "link_id"],
  "anon_inode:btf": ["btf", "btf_id"],
};

export function* eachHolder(facts: Facts): Generator<ObjectHolder, undefined, undefined> {
  for (const { pid, fd, target } of descriptors(facts)) {
    const [kind, line] = KINDS[target] ?? [];
    if (kind === undefined || line === undefined) continue;
    const id = new DescriptorFacts(facts, fd, pid).number(line);
    if (id !== null) yield { kind, id, pid, command: commandOf(facts, pid), fd };
  }
}

/** Descriptors of all processes that are not files: what they are. */
export function* descriptors(
  facts: Facts,
): Generator<{ readonly pid: number; readonly fd: number; readonly target: string }, undefined, undefined> {
  for (const entry of facts.list("/proc")) {
    const pid = Number(entry);
    if (!Number.isInteger(pid)) continue;
    for (const fd of facts.list(`/proc/${pid}/fd`)) {
      const target = facts.link(`/proc/${pid}/fd/${fd}`);
      if (target?.startsWith("anon_inode:") === true) yield { pid, fd: Number(fd), target };
    }
  }
}

/** What a process is called. Node.js names its first thread, which is the process's name, too: then it is the executable's. */
export function commandOf(facts: Facts, pid: number): string {
  const name = facts.read(`/proc/${pid}/comm`) ?? "";
  const executable = name === NODE_THREAD ? facts.link(`/proc/${pid}/exe`) : null;
  return executable === null ? name : executable.slice(executable.lastIndexOf("/") + 1).replace(/ \(deleted\)$/, "");
}

const NODE_THREAD = "MainThread";
