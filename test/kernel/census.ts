/**
 * What is in the kernel, counted. The kernel is shared, so what comes up may be another's: what a process holds that does not descend from
 * this one is that process's. Processes that do have this one's mark in their environment, which outlives their parents. What nobody holds by a
 * descriptor is pinned, or attached to something, and counted; but not what is attached to control groups that are not a test's, by their names.
 */

import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { cgroupRoot } from "../../src/engine/linux/cgroups.ts";
import { DescriptorLedger } from "../../src/engine/linux/descriptors.ts";
import { MACHINE } from "../../src/engine/linux/facts.ts";
import { eachHolder } from "../../src/engine/linux/inspect/holders.ts";
import { KernelInspector } from "../../src/engine/linux/inspect/inspector.ts";
import type { Kernel } from "../../src/engine/linux/kernel.ts";
import { KernelTypes } from "../../src/engine/linux/kernel-types.ts";
import { type ObjectKind, objectIds } from "../../src/engine/linux/objects/by-id.ts";
import { openNative } from "../../src/engine/linux/sys/native.ts";

/** The kernel frees what nobody holds after a grace period, on a busy machine some seconds later. */
const PATIENCE_MS = Number(process.env["SKEP_LEAK_PATIENCE"] ?? 20_000);
/** In the environment of a test file and of all that it starts. */
export const MARK = "SKEP_KERNEL_TEST";
/** Paths of the groups that tests make, and of those below. */
const OUR_GROUP = /\/skep-/;
const KINDS = ["link", "program", "map"] as const satisfies readonly ObjectKind[];

/** Descriptors of BPF objects and perf events that this process holds, as the kernel names them. */
export function kernelDescriptors(): string[] {
  return readdirSync("/proc/self/fd").flatMap((fd) => {
    try {
      const target = readlinkSync(`/proc/self/fd/${fd}`);
      return /bpf|perf_event/.test(target) ? [target] : [];
    } catch {
      return [];
    }
  });
}

/** What is in the kernel: `program 12`. */
export class KernelCensus {
  readonly #kernel: Kernel;
  readonly #inspector: KernelInspector;
  readonly #before: ReadonlySet<string>;

  private constructor(kernel: Kernel) {
    this.#kernel = kernel;
    this.#inspector = new KernelInspector(kernel.transport, kernel.facts);
    this.#before = new Set(this.#all());
  }

  static async open(): Promise<KernelCensus> {
    const transport = await openNative();
    const ledger = new DescriptorLedger(transport);
    return new KernelCensus({ transport, ledger, facts: MACHINE, types: new KernelTypes(MACHINE), cpus: 1 });
  }

  /**
   * What came since and is still there, of all that is here now and is not another process's: as soon as that is as much as expected, or when time
   * is up. What comes later is not looked at: whoever asks has finished.
   */
  async settled(expected = 0, milliseconds = PATIENCE_MS): Promise<string[]> {
    const end = Date.now() + milliseconds;
    let left = this.#all().filter((name) => !this.#before.has(name));
    for (;;) {
      const others = left.length > expected ? this.#ofOthers() : new Set<string>();
      // The last look is at what is there: others let go of theirs meanwhile.
      const here = new Set(this.#all());
      left = left.filter((name) => here.has(name) && !others.has(name));
      if (left.length <= expected || Date.now() > end) return left.map((name) => `${name} (${this.#describe(name)})`);
      await sleep(200);
    }
  }

  #all(): string[] {
    return KINDS.flatMap((kind) => [...objectIds(this.#kernel, kind)].map((id) => `${kind} ${id}`));
  }

  /** What other processes hold, and what others' control groups run: links with their programs, programs with their maps. */
  #ofOthers(): Set<string> {
    const found = new Set<string>();
    const add = (name: string): void => {
      if (found.has(name)) return;
      found.add(name);
      const [kind, id] = name.split(" ");
      if (kind !== "program") return;
      try {
        for (const map of this.#inspector.program(Number(id)).maps) add(`map ${map}`);
      } catch {
        // Gone by now.
      }
    };
    for (const { kind, id, pid, fd } of eachHolder(MACHINE)) {
      if (isOurs(pid)) continue;
      add(`${kind} ${id}`);
      const program =
        kind === "link" ? /^prog_id:\s*(\d+)$/m.exec(MACHINE.read(`/proc/${pid}/fdinfo/${fd}`) ?? "")?.[1] : undefined;
      if (program !== undefined) add(`program ${program}`);
    }
    // Service managers and containers put programs there, and keep no descriptor.
    if (cgroupRoot(this.#kernel) !== null)
      for (const { cgroup, programs } of this.#inspector.cgroups())
        if (!OUR_GROUP.test(cgroup)) for (const { program } of programs) add(`program ${program}`);
    return found;
  }

  #describe(name: string): string {
    const [kind, id] = name.split(" ");
    try {
      if (kind === "program") return this.#inspector.program(Number(id)).name;
      if (kind === "map") return this.#inspector.map(Number(id)).name;
    } catch {
      return "gone by now";
    }
    return "attached";
  }
}

function isOurs(pid: number): boolean {
  if (pid === process.pid) return true;
  try {
    return readFileSync(`/proc/${pid}/environ`, "latin1").split("\0").includes(`${MARK}=${process.env[MARK]}`);
  } catch {
    return false;
  }
}
