/** Functions of the kernel that the language calls by itself, as their prototypes are described to the loader. */

import type { BtfBuilder } from "../../btf/builder.ts";

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

export const KFUNCS: Readonly<Record<string, Describe>> = {
  bpf_iter_num_new: (btf) =>
    btf.prototype(int(btf), [
      { name: "it", type: iterator(btf, "bpf_iter_num", 1) },
      { name: "start", type: int(btf) },
      { name: "end", type: int(btf) },
    ]),
  bpf_iter_num_next: (btf) => btf.prototype(btf.pointer(int(btf)), [{ name: "it", type: iterator(btf, "bpf_iter_num", 1) }]),
  bpf_iter_num_destroy: (btf) => btf.prototype(0, [{ name: "it", type: iterator(btf, "bpf_iter_num", 1) }]),
};
