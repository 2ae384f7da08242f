/** Programs with loops over the kernel's iterators. */

export interface IteratorProgram {
  readonly name: string;
  readonly source: string;
}

const HEAD = `import { array, bpf_rcu_read_lock, bpf_rcu_read_unlock, range, tpBtf, u64, type bool, type FixedArray, type i32, type u32 } from "skep/bpf";
import { bpf_cgroup_from_id, bpf_cgroup_release, bpf_iter_bits, bpf_iter_css, bpf_iter_css_task, bpf_iter_task, bpf_iter_task_vma, bpf_task_acquire, bpf_task_from_pid, bpf_task_release,
  BPF_CGROUP_ITER_DESCENDANTS_PRE, BPF_TASK_ITER_ALL_PROCS, BPF_TASK_ITER_PROC_THREADS, type task_struct } from "skep/vmlinux";
export const out = array<u64>({ maxEntries: 4 });
`;

const program = (body: string, top = "") =>
  `${HEAD}${top}\nexport const program = tpBtf("sched_switch", (preempt: bool, prev: task_struct, next: task_struct) => {\n${body}\n});`;

export const ITERATORS: readonly IteratorProgram[] = [
  {
    name: "all processes, left by continue, break and return",
    source: program(
      "let n: u64 = 0; for (const task of bpf_iter_task(null, BPF_TASK_ITER_ALL_PROCS)) { if (task.pid === 5) continue; if (task.pid === 77) { out.set(1, 1); return; } if (n > 100) break; n += 1; } out.set(0, n);",
    ),
  },
  {
    name: "the threads of each process, and back to the outer loop",
    source: program(
      "outer: for (const task of bpf_iter_task(null, BPF_TASK_ITER_ALL_PROCS)) { const held = bpf_task_acquire(task); if (held === null) continue; for (const thread of bpf_iter_task(held, BPF_TASK_ITER_PROC_THREADS)) { if (thread.pid === 9) { bpf_task_release(held); continue outer; } if (thread.pid === 10) { bpf_task_release(held); return; } } bpf_task_release(held); }",
    ),
  },
  {
    name: "areas of memory of a task",
    source: program(
      "const found = last(next); out.set(2, found);",
      "function last(task: task_struct): u64 { let end: u64 = 0; for (const vma of bpf_iter_task_vma(task, 0)) { if (vma.vm_flags === 0) return 1; end = vma.vm_end; } return end; }",
    ),
  },
  {
    name: "control groups below one",
    source: program(
      "const top = bpf_cgroup_from_id(1); if (top === null) return; let n: u64 = 0; for (const css of bpf_iter_css(top.self, BPF_CGROUP_ITER_DESCENDANTS_PRE)) { if (css.serial_nr === 5) break; n += 1; } bpf_cgroup_release(top); out.set(3, n);",
    ),
  },
  {
    name: "bits of words",
    source: program(
      "const words: FixedArray<u64, 2> = [5, 1]; let sum: u64 = 0; for (const bit of bpf_iter_bits(words, 2)) { if (bit > 70) break; sum += u64(u32(bit)); } out.set(0, sum);",
    ).replace("type u32", "u32"),
  },
];
