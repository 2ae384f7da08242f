/** What is pinned, and under which names: every file of every bpf file system that is mounted here. */

import type { Kernel } from "../kernel.ts";
import { kindOf, openPinned, type PinnedKind } from "../pins.ts";
import { DescriptorFacts } from "./fdinfo.ts";
import type { PinnedObject } from "./types.ts";

/** Folders within folders: more are a loop, or nobody's. */
const DEEPEST = 32;

const ID: Readonly<Record<PinnedKind, string>> = { program: "prog_id", map: "map_id", link: "link_id" };

/** In the order in which folders list them. What cannot be opened is left out; so are files of other kinds (`maps.debug`). */
export function* eachPin(kernel: Kernel): Generator<PinnedObject, undefined, undefined> {
  for (const mount of bpfMounts(kernel)) yield* pinsBelow(kernel, mount, 0);
}

/** Where bpf file systems are mounted, as this process sees it. */
function bpfMounts({ facts }: Kernel): readonly string[] {
  const places = (facts.read("/proc/self/mounts") ?? "").split("\n").flatMap((line) => {
    // proc_pid_mounts(5): device, mount point, type; white space in a mount point is written in octal.
    const [, place = "", type = ""] = line.split(" ");
    const character = (code: string) => String.fromCharCode(Number.parseInt(code.slice(1), 8));
    return type === "bpf" ? [place.replace(/\\[0-7]{3}/g, character)] : [];
  });
  return [...new Set(places)];
}

function* pinsBelow(kernel: Kernel, folder: string, depth: number): Generator<PinnedObject, undefined, undefined> {
  for (const name of kernel.facts.list(folder)) {
    const path = `${folder}/${name}`;
    // A symbolic link leads to what is found elsewhere, or round in circles. Names with a dot are the kernel's own.
    if (name.includes(".") || kernel.facts.link(path) !== null) continue;
    const pin = pinAt(kernel, path);
    if (pin !== null) yield pin;
    else if (depth < DEEPEST) yield* pinsBelow(kernel, path, depth + 1);
  }
}

function pinAt(kernel: Kernel, path: string): PinnedObject | null {
  try {
    using descriptor = openPinned(kernel, path, { what: "looking at a pin" });
    const kind = kindOf(kernel.facts, descriptor.fd);
    const id = kind === null ? null : new DescriptorFacts(kernel.facts, descriptor.fd).number(ID[kind]);
    return kind === null || id === null ? null : { path, kind, id };
  } catch {
    // A folder, or not for this process.
    return null;
  }
}
