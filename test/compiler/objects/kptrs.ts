/** Programs whose map values own pointers to what the kernel has, and one that looks for an area of memory. */

import type { IteratorProgram } from "./iterators.ts";

const HEAD = `import { array, bpf_find_vma, bpf_kptr_xchg, bpf_rcu_read_lock, bpf_rcu_read_unlock, hash, tpBtf, u64, type bool, type i32, type Kptr, type u32 } from "skep/bpf";
import { bpf_task_acquire, bpf_task_from_pid, bpf_task_release, type task_struct } from "skep/vmlinux";
interface Held { n: u32; task: Kptr<task_struct> }
export const held = array<Held>({ maxEntries: 1 });
export const others = hash<u32, Held>({ maxEntries: 4 });
export const out = array<u64>({ maxEntries: 4 });
`;

export const program = (body: string, top = ""): string =>
  `${HEAD}${top}\nexport const program = tpBtf("sched_switch", (preempt: bool, prev: task_struct, next: task_struct) => {\n${body}\n});`;

export const KPTRS: readonly IteratorProgram[] = [
  {
    name: "keeps a task, and releases what was there before",
    source: program(
      "const value = held.get(0); if (value === null) return; const task = bpf_task_acquire(next); if (task === null) return; const old = bpf_kptr_xchg(value.task, task); if (old !== null) bpf_task_release(old); value.n += 1;",
    ),
  },
  {
    name: "reads what it keeps",
    source: program(
      "const value = held.get(0); if (value === null) return; const task = value.task; if (task !== null) out.set(0, u64(task.pid) + value.n); if (value.task === null) out.set(1, 1);",
    ),
  },
  {
    name: "takes one out, and makes an entry that holds none",
    source: program(
      "const value = others.get(5); if (value === null) { others.set(5, { n: 1, task: null }); return; } const task = bpf_kptr_xchg(value.task, null); if (task === null) return; out.set(0, u64(task.pid)); put(task);",
      "function put(task: task_struct): void { const value = held.get(0); if (value === null) { bpf_task_release(task); return; } const old = bpf_kptr_xchg(value.task, task); if (old !== null) bpf_task_release(old); }",
    ),
  },
  {
    name: "looks for an area of memory",
    source: program(
      "let start: u64 = 0; const result = bpf_find_vma(next, 0x400000, (task, vma) => { start = vma.vm_start + u64(task.pid); }); if (result === 0) out.set(0, start);",
    ),
  },
];
