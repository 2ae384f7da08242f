/**
 * What a machine room has of a kernel: types, objects of those types, and memory at kernel addresses.
 *
 * Objects live in the engine's linear memory, laid out as the types say, so that programs follow pointers between them as they do in
 * the kernel: directly where the kernel gives typed pointers, through `bpf_probe_read_kernel` else. Programs may only read them, to
 * the byte; a pointer that nobody set is null.
 */

import type { Btf } from "../../../btf/btf.ts";
import type { Memory, Region } from "../memory.ts";
import type { Cgroup } from "./cgroup-tree.ts";
import { type FieldValue, ObjectWriter } from "./object-writer.ts";
import { PresentedMemory } from "./presented-memory.ts";
import type { Process, Processes } from "./processes.ts";

export type { FieldValue } from "./object-writer.ts";

/** An object of a kernel type, at an address that programs may follow. */
export interface KernelObject {
  readonly address: number;
  /** Bytes. */
  readonly size: number;
  /** As C writes it: `struct task_struct`; of plain bytes `bytes`. */
  readonly type: string;
  /** The object as it lies in memory; the host may write there. */
  readonly bytes: Uint8Array;
  /** Changes fields by name. @throws RangeError for a field that the type does not have, or a value that does not fit. */
  set(fields: Readonly<Record<string, FieldValue>>): void;
}

interface Held extends KernelObject {
  readonly region: Region;
  /** What was made for its pointers: it goes with the object. */
  readonly parts: Held[];
}

/** What a process became. */
interface Task {
  readonly object: KernelObject;
  /** Null where the types have no such struct. */
  readonly cred: KernelObject | null;
  /** Of the process, when it was written. */
  version: number;
}

/** Bytes of what stands for a task where there are no types: an address to tell tasks apart, with nothing to read behind it. */
const HANDLE_SIZE = 64;

/** PF_KTHREAD of linux/sched.h. */
const PF_KTHREAD = 0x0020_0000;

export class Kernel {
  /** Null when the host presents none. */
  readonly types: Btf | null;
  /** What is at 64-bit kernel addresses, for `bpf_probe_read_kernel` alone. */
  readonly presented = new PresentedMemory();
  readonly #memory: Memory;
  readonly #processes: Processes;
  readonly #writer: ObjectWriter | null;
  /** In order of address. */
  readonly #objects: Held[] = [];
  readonly #tasks = new WeakMap<Process, Task>();
  readonly #groups = new Map<Cgroup, KernelObject>();
  readonly #paths = new Map<number, string>();
  /** Where to put down what is made: it belongs to another object, or to `temporary`. */
  #owner: Held[] | null = null;

  constructor(memory: Memory, processes: Processes, types: Btf | null) {
    this.types = types;
    this.#memory = memory;
    this.#processes = processes;
    this.#writer = types === null ? null : new ObjectWriter(types, memory, this);
  }

  /**
   * Makes an object of a struct or union of the kernel's types; fields that are not given are 0.
   * @param fields by name; those of anonymous structs and unions as in C. A field of a pointer takes another object, an address, or
   *   what shall be made there: fields for a pointer to a struct, text for a `char *`.
   * @throws RangeError when the room has no types, none of that name, or a field does not fit. MapError `memory` when there is no room.
   */
  object(type: string, fields: Readonly<Record<string, FieldValue>> = {}): KernelObject {
    if (this.#writer === null)
      throw new RangeError(`${type}: the room has no kernel types; open the engine with room: { types }`);
    const writer = this.#writer;
    const id = writer.find(type);
    const object = this.#hold(writer.sizeOf(id), writer.describe(id), (given) => writer.write(id, object.address, given));
    object.set(fields);
    return object;
  }

  /** The same, of those fields that the type has: kernels differ. */
  fitting(type: string, fields: Readonly<Record<string, FieldValue>>): KernelObject {
    return this.object(type, this.#writer?.known(type, fields) ?? fields);
  }

  /** Plain bytes that programs may read: a buffer, or text with its NUL. */
  bytes(content: Uint8Array | string): KernelObject {
    const bytes = typeof content === "string" ? new TextEncoder().encode(`${content}\0`) : content;
    const object = this.#hold(bytes.length, "bytes", () => {
      throw new RangeError("bytes have no fields; write them through `bytes`");
    });
    object.bytes.set(bytes);
    return object;
  }

  /** What a `struct path` at an address is called, for `bpf_d_path`; a field of that type that was given text has a name. */
  pathAt(address: number): string | undefined {
    return this.#paths.get(address);
  }

  namePath(address: number, path: string): void {
    this.#paths.set(address, path);
  }

  /** Takes an object back, and what was made for its pointers. Nothing may point at it any more. */
  release(object: KernelObject): void {
    const index = this.#objects.indexOf(object as Held);
    const [held] = index < 0 ? [] : this.#objects.splice(index, 1);
    if (held === undefined)
      throw new RangeError(`${object.type} at ${object.address}: it was not made here, or is released already`);
    this.#memory.release(held.region);
    for (const address of this.#paths.keys())
      if (address >= held.address && address < held.address + held.size) this.#paths.delete(address);
    this.#releaseParts(held.parts);
  }

  #releaseParts(parts: Held[]): void {
    for (const part of parts.splice(0)) if (this.#objects.includes(part)) this.release(part);
  }

  /** Releases at its end whatever was made during it: the objects of one event. */
  temporary<Result>(run: () => Result): Result {
    const made: Held[] = [];
    try {
      return this.#owned(made, run);
    } finally {
      this.#releaseParts(made);
    }
  }

  #owned<Result>(owner: Held[] | null, run: () => Result): Result {
    const outer = this.#owner;
    this.#owner = owner;
    try {
      return run();
    } finally {
      this.#owner = outer;
    }
  }

  /** Whether all of that memory is inside one object. Hot. */
  holds(address: number, end: number): boolean {
    const objects = this.#objects;
    let from = 0;
    let to = objects.length;
    while (from < to) {
      const middle = (from + to) >>> 1;
      if (objects[middle]!.address <= address) from = middle + 1;
      else to = middle;
    }
    const object = objects[from - 1];
    return object !== undefined && end <= object.address + object.size;
  }

  /**
   * The `task_struct` of a process, made when it is first asked for and kept up with its description. Without types: an address that
   * tells tasks apart, behind which nothing can be read.
   */
  taskOf(process: Process): number {
    const known = this.#tasks.get(process);
    if (known !== undefined && known.version === process.version) return known.object.address;
    const task: Task = known ?? this.#owned(null, () => ({ object: this.#newTask(), cred: this.#newCred(), version: 0 }));
    // Before its fields: a parent may be the process itself.
    task.version = process.version;
    this.#tasks.set(process, task);
    const held = this.#objects.find((each) => each === task.object);
    if (held !== undefined) this.#releaseParts(held.parts);
    if (this.#writer !== null) task.object.set(this.#taskFields(process, task.cred));
    return task.object.address;
  }

  /** A process ended: takes back its `task_struct`. @returns where it was, or null when nobody asked for it. */
  forget(process: Process): number | null {
    const task = this.#tasks.get(process);
    if (task === undefined) return null;
    this.#tasks.delete(process);
    // Children are another's now; their tasks say so before this one is gone.
    for (const other of this.#processes) if (this.#tasks.has(other)) this.taskOf(other);
    for (const object of [task.object, task.cred]) if (object !== null && object.size > 0) this.release(object);
    return task.object.address;
  }

  /** The process whose `task_struct` is at an address, or undefined. */
  processAt(address: number): Process | undefined {
    const idle = this.#processes.get(0);
    const all = idle === undefined ? this.#processes : [idle, ...this.#processes];
    for (const process of all) if (this.#tasks.get(process)?.object.address === address) return process;
    return undefined;
  }

  /** The `struct cgroup` of a group, likewise; groups do not go away. */
  cgroupOf(group: Cgroup): number {
    const known = this.#groups.get(group);
    if (known !== undefined) return known.address;
    const { id, level, parent } = group;
    const above = parent === null ? null : { address: this.cgroupOf(parent) };
    const name = group.path.slice(group.path.lastIndexOf("/") + 1);
    const object = this.#owned(null, () =>
      this.#writer?.has("cgroup") === true
        ? this.fitting("cgroup", { level, kn: { id, name }, ...(above === null ? {} : { self: { parent: above } }) })
        : this.#handle("cgroup"),
    );
    this.#groups.set(group, object);
    return object.address;
  }

  /** The group whose `struct cgroup` is at an address, or undefined. */
  cgroupAt(address: number): Cgroup | undefined {
    for (const [group, object] of this.#groups) if (object.address === address) return group;
    return undefined;
  }

  #newTask(): KernelObject {
    return this.#writer === null ? this.#handle("task") : this.object("task_struct");
  }

  /** An address, and nothing to read behind it. */
  #handle(type: string): KernelObject {
    const region = this.#memory.allocate(HANDLE_SIZE, `a ${type}`, "kernel objects");
    return { address: region.start, size: 0, type, bytes: new Uint8Array(0), set: () => {} };
  }

  #newCred(): KernelObject | null {
    return this.#writer?.has("cred") === true ? this.object("cred") : null;
  }

  #taskFields(process: Process, cred: KernelObject | null): Readonly<Record<string, FieldValue>> {
    const { description, tid, pid, uid, gid } = process;
    const leader = this.#processes.get(pid) ?? process;
    const parent = this.#processes.get(description.parent ?? 0);
    const ids = { uid, suid: uid, euid: uid, fsuid: uid, gid, sgid: gid, egid: gid, fsgid: gid };
    cred?.set(this.#writer!.known("cred", wrapped(ids)));
    const fields: Record<string, FieldValue> = {
      pid: tid,
      tgid: pid,
      comm: process.comm,
      flags: process.isKernel ? PF_KTHREAD : 0,
      group_leader: this.#pointer(leader),
      ...(parent === undefined ? {} : { real_parent: this.#pointer(parent), parent: this.#pointer(parent) }),
      ...(this.#writer?.has("css_set") === true ? { cgroups: { dfl_cgrp: { address: this.cgroupOf(process.cgroup) } } } : {}),
      ...(cred === null ? {} : { cred: { address: cred.address }, real_cred: { address: cred.address } }),
    };
    return { ...this.#writer!.known("task_struct", fields), ...description.task };
  }

  #pointer(process: Process): { readonly address: number } {
    return { address: this.taskOf(process) };
  }

  #hold(size: number, type: string, set: (fields: Readonly<Record<string, FieldValue>>) => void): KernelObject {
    const region = this.#memory.allocate(size, type, "kernel objects");
    const bytes = this.#memory.bytes.subarray(region.start, region.start + size);
    const parts: Held[] = [];
    const held: Held = {
      address: region.start,
      size,
      type,
      bytes,
      region,
      parts,
      set: (fields) => this.#owned(parts, () => set(fields)),
    };
    const after = this.#objects.findIndex(({ address }) => address > region.start);
    this.#objects.splice(after < 0 ? this.#objects.length : after, 0, held);
    this.#owner?.push(held);
    return held;
  }
}

/** Ids of users are structs of one member, so that nobody mixes them with numbers (`kuid_t`). */
function wrapped(ids: Readonly<Record<string, number>>): Record<string, FieldValue> {
  return Object.fromEntries(Object.entries(ids).map(([name, val]) => [name, { val }]));
}
