/**
 * The processes of a machine room. A row is one thread, as the scheduler sees it: programs call its number `pid` and that of its
 * process `tgid`; here they are `tid` and `pid`, as user space does. Which one runs on a CPU, events say.
 */

import type { Cgroup, CgroupTree } from "./cgroup-tree.ts";
import type { FieldValue } from "./object-writer.ts";
import { PresentedMemory, type PresentedRange } from "./presented-memory.ts";

export interface ProcessDescription {
  /** Of the process: `tgid` in the kernel. From 1; 0 is the idle thread of each CPU, which is always there. */
  readonly pid: number;
  /** Of the thread; default `pid`, the first one. */
  readonly tid?: number;
  /** Default 0. */
  readonly uid?: number;
  readonly gid?: number;
  /** At most 15 bytes; longer ones are cut, as the kernel does. Default empty. */
  readonly comm?: string;
  /** `pid` of the parent. Default 0. */
  readonly parent?: number;
  /** Path in cgroup v2, e.g. `/system.slice/web.service`. Default `/`. */
  readonly cgroup?: string;
  /** What it has in its memory, by address. Default: nothing; reading elsewhere is `-EFAULT` to programs. */
  readonly memory?: readonly PresentedRange[];
  /** Files mapped into it, so that stacks can be given as build id and offset, and `bpf_find_vma` finds them. Default: none. */
  readonly mappings?: readonly Mapping[];
  /** Its PID namespace and its numbers there. Default: the first namespace, with the numbers above. */
  readonly namespace?: PidNamespace;
  /** A thread of the kernel: it has no memory of its own. Default false. */
  readonly kernel?: boolean;
  /** More fields of its `task_struct`, where the room has kernel types: `{ mm: { total_vm: 100 } }`. */
  readonly task?: Readonly<Record<string, FieldValue>>;
}

export interface Mapping {
  readonly start: number | bigint;
  readonly end: number | bigint;
  /** Of `start` in the file. */
  readonly offset: number | bigint;
  /** 20 bytes, from the note of its ELF file. */
  readonly buildId: Uint8Array;
}

export interface PidNamespace {
  /** As `stat` shows `/proc/PID/ns/pid`: device (major << 8 | minor) and inode. */
  readonly device: number;
  readonly inode: number;
  readonly pid?: number;
  readonly tid?: number;
}

/** A signal that a program sent (`bpf_send_signal`); the room delivers none, the host may. */
export interface SentSignal {
  readonly signal: number;
  /** To the thread alone (`bpf_send_signal_thread`), or to the process. */
  readonly thread: boolean;
}

/** The namespace that a machine starts with: PROC_PID_INIT_INO on nsfs. */
const FIRST_NAMESPACE: PidNamespace = { device: 4, inode: 0xeffffffc };

/** TASK_COMM_LEN, with its NUL. */
export const COMM_SIZE = 16;

const encoder = new TextEncoder();

export class Process {
  readonly pid: number;
  readonly tid: number;
  readonly memory = new PresentedMemory();
  /** What programs sent to it, oldest first. */
  readonly signals: SentSignal[] = [];
  /** Changes with each `set`: whoever keeps something made from it compares. */
  version = 0;
  #description: ProcessDescription;
  #cgroup: Cgroup;
  /** 16 bytes, padded with NUL. */
  readonly comm = new Uint8Array(COMM_SIZE);
  readonly #cgroups: CgroupTree;

  /** Use `Processes.add`. */
  constructor(description: ProcessDescription, cgroups: CgroupTree) {
    this.pid = description.pid;
    this.tid = description.tid ?? description.pid;
    this.#cgroups = cgroups;
    this.#description = description;
    this.#cgroup = cgroups.root;
    this.set(description);
  }

  get description(): ProcessDescription {
    return this.#description;
  }

  get uid(): number {
    return this.#description.uid ?? 0;
  }

  get gid(): number {
    return this.#description.gid ?? 0;
  }

  get cgroup(): Cgroup {
    return this.#cgroup;
  }

  get namespace(): PidNamespace {
    return this.#description.namespace ?? FIRST_NAMESPACE;
  }

  get isKernel(): boolean {
    return this.#description.kernel ?? this.tid === 0;
  }

  /** Changes what is given; ranges of memory are added, or replace those that begin there. */
  set(changes: Omit<Partial<ProcessDescription>, "pid" | "tid">): void {
    const cgroup = changes.cgroup === undefined ? this.#cgroup : this.#cgroups.at(changes.cgroup);
    for (const range of changes.memory ?? []) {
      this.memory.remove(range.address);
      this.memory.add(range);
    }
    this.#description = { ...this.#description, ...changes, pid: this.pid, tid: this.tid };
    this.#cgroup = cgroup;
    if (changes.comm !== undefined) {
      this.comm.fill(0);
      this.comm.set(encoder.encode(changes.comm).subarray(0, COMM_SIZE - 1));
    }
    this.version++;
  }
}

export class Processes implements Iterable<Process> {
  readonly #threads = new Map<number, Process>();
  /** By CPU: who runs there. */
  readonly #current: Process[] = [];
  readonly #cgroups: CgroupTree;
  readonly #idle: Process;
  /** Told of each that ended: what others made of it goes with it. */
  onEnd: ((process: Process) => void) | null = null;

  constructor(cgroups: CgroupTree, descriptions: readonly ProcessDescription[] = []) {
    this.#cgroups = cgroups;
    this.#idle = new Process({ pid: 0, comm: "swapper/0", kernel: true }, cgroups);
    for (const description of descriptions) this.add(description);
  }

  /** @throws RangeError when there is one of that `tid`, or a number is none. */
  add(description: ProcessDescription): Process {
    const { pid, tid = pid } = description;
    checkId("pid", pid);
    checkId("tid", tid);
    if (this.#threads.has(tid)) throw new RangeError(`tid ${tid}: there is such a thread already; change it with set`);
    const process = new Process(description, this.#cgroups);
    this.#threads.set(tid, process);
    return process;
  }

  /** The thread of that number, or undefined. 0 is the idle one. */
  get(tid: number): Process | undefined {
    return tid === 0 ? this.#idle : this.#threads.get(tid);
  }

  /** It ends; where it ran, the CPU idles, and its children are init's (1, or 0 where there is none). @returns whether it was there. */
  remove(tid: number): boolean {
    const process = this.#threads.get(tid);
    if (process === undefined) return false;
    this.#threads.delete(tid);
    for (let cpu = 0; cpu < this.#current.length; cpu++) {
      if (this.#current[cpu] === process) this.#current[cpu] = this.#idle;
    }
    if (tid === process.pid) {
      const parent = this.#threads.has(1) ? 1 : 0;
      for (const child of this) if (child.description.parent === tid) child.set({ parent });
    }
    this.onEnd?.(process);
    return true;
  }

  /** Adds it, or changes the one of that number where it differs. */
  put(description: ProcessDescription): Process {
    const known = this.#threads.get(description.tid ?? description.pid);
    if (known === undefined) return this.add(description);
    const before: Readonly<Record<string, unknown>> = { ...known.description };
    if (Object.entries(description).some(([name, value]) => before[name] !== value)) known.set(description);
    return known;
  }

  /** Who runs on a CPU: the idle thread, until an event or `run` says otherwise. Hot. */
  current(cpu: number): Process {
    return this.#current[cpu] ?? this.#idle;
  }

  /** Puts a thread on a CPU, from the next event on. @throws RangeError when there is none of that number. */
  run(tid: number, cpu = 0): Process {
    const process = this.get(tid);
    if (process === undefined) throw new RangeError(`tid ${tid}: the room has no such thread; add it first`);
    this.#current[cpu] = process;
    return process;
  }

  [Symbol.iterator](): Iterator<Process> {
    return this.#threads.values();
  }
}

function checkId(what: string, id: number): void {
  if (!Number.isInteger(id) || id < 1 || id > 0x7fff_ffff) throw new RangeError(`${what}: expected 1 to 2147483647, found ${id}`);
}
