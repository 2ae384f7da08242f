/** Functions of the kernel that the language calls by itself, as their prototypes are described to the loader. */

import type { BtfBuilder } from "../../btf/builder.ts";

import { OBJECT_KFUNCS } from "./object-kfuncs.ts";

/** Makes the prototype's BTF; gives its id. */
type Describe = (btf: BtfBuilder) => number;

function int(btf: BtfBuilder): number {
  return btf.int("int", 4, { signed: true });
}

function iterator(btf: BtfBuilder, name: string, words: number): number {
  const element = btf.int("unsigned long long", 8);
  const members = [{ name: "__opaque", type: btf.array(element, words), bitOffset: 0 }];
  return btf.pointer(btf.struct(name, words * 8, members));
}

function work(btf: BtfBuilder): { readonly name: string; readonly type: number } {
  const members = [{ name: "__opaque", type: btf.array(btf.int("unsigned long long", 8), 2), bitOffset: 0 }];
  return { name: "wq", type: btf.pointer(btf.struct("bpf_wq", 16, members)) };
}

export const KFUNCS: Readonly<Record<string, Describe>> = {
  ...OBJECT_KFUNCS,
  bpf_iter_num_new: (btf) =>
    btf.prototype(int(btf), [
      { name: "it", type: iterator(btf, "bpf_iter_num", 1) },
      { name: "start", type: int(btf) },
      { name: "end", type: int(btf) },
    ]),
  bpf_wq_init: (btf) =>
    btf.prototype(int(btf), [
      work(btf),
      { name: "p__map", type: btf.pointer(0) },
      { name: "flags", type: btf.int("unsigned int", 4) },
    ]),
  bpf_wq_set_callback_impl: (btf) => {
    const callback = btf.prototype(
      int(btf),
      ["map", "key", "value"].map((name) => ({ name, type: btf.pointer(0) })),
    );
    return btf.prototype(int(btf), [
      work(btf),
      { name: "callback_fn", type: btf.pointer(callback) },
      { name: "flags", type: btf.int("unsigned int", 4) },
      { name: "aux__prog", type: btf.pointer(0) },
    ]);
  },
  bpf_wq_start: (btf) => btf.prototype(int(btf), [work(btf), { name: "flags", type: btf.int("unsigned int", 4) }]),
  bpf_iter_num_next: (btf) => btf.prototype(btf.pointer(int(btf)), [{ name: "it", type: iterator(btf, "bpf_iter_num", 1) }]),
  bpf_iter_num_destroy: (btf) => btf.prototype(0, [{ name: "it", type: iterator(btf, "bpf_iter_num", 1) }]),
};
