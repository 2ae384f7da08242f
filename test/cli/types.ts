/** Kernels for tests: types made by hand, as files. */

import { BtfBuilder } from "../../src/btf/builder.ts";
import { HELPER, type HelperName } from "../../src/uapi/helpers.ts";

export interface Kernel {
  /** Fields of `struct task_struct` in order, 8 bytes apart. */
  readonly task: Readonly<Record<string, keyof typeof INTEGERS>>;
  /** The last helper of its `enum bpf_func_id`. Absent: it has no such enumeration. */
  readonly lastHelper?: HelperName;
  readonly functions?: readonly string[];
}

const INTEGERS = { int: { size: 4, signed: true }, u32: { size: 4, signed: false }, u64: { size: 8, signed: false } } as const;

/** Raw BTF of a kernel that has these, and the tracepoint `sched_switch`. */
export function kernelTypes({ task, lastHelper, functions = [] }: Kernel): Uint8Array {
  const types = new BtfBuilder();
  const members = Object.entries(task).map(([name, integer], index) => {
    const { size, signed } = INTEGERS[integer];
    return { name, type: types.int(integer, size, { signed }), bitOffset: index * 64 };
  });
  types.struct("task_struct", members.length * 8, members);
  const prototype = types.prototype(0, []);
  types.typedef("btf_trace_sched_switch", types.pointer(prototype));
  for (const name of functions) types.function(name, prototype, "static");
  if (lastHelper !== undefined) {
    const helpers = Object.entries(HELPER).filter(([, number]) => number <= HELPER[lastHelper]);
    const values = helpers.map(([name, value]) => ({ name: name.replace("bpf_", "BPF_FUNC_"), value }));
    types.enum("bpf_func_id", 4, values);
  }
  return types.encode();
}
