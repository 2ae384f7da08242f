/** Prototypes of the functions of `library/objects.ts`, and of arenas, that the kernel itself has, as the loader is told them. */

import type { BtfBuilder } from "../../btf/builder.ts";

type Describe = (btf: BtfBuilder) => number;

const u32 = (btf: BtfBuilder) => btf.int("unsigned int", 4);
const u64 = (btf: BtfBuilder) => btf.int("unsigned long long", 8);
const int = (btf: BtfBuilder) => btf.int("int", 4, { signed: true });
const nothing = () => 0;

function bool(btf: BtfBuilder): number {
  return btf.int("_Bool", 1, { bool: true });
}

function dynptr(btf: BtfBuilder): number {
  const members = [{ name: "__opaque", type: btf.array(u64(btf), 2), bitOffset: 0 }];
  return btf.pointer(btf.struct("bpf_dynptr", 16, members));
}

const bytes = (btf: BtfBuilder) => btf.pointer(0);
const context = (name: string) => (btf: BtfBuilder) => btf.pointer(btf.struct(name, 0, []));

function prototype(result: Describe, parameters: Readonly<Record<string, Describe>>): Describe {
  return (btf) =>
    btf.prototype(
      result(btf),
      Object.entries(parameters).map(([name, type]) => ({ name, type: type(btf) })),
    );
}

const slice = prototype(bytes, { p: dynptr, offset: u32, buffer__opt: bytes, buffer__szk: u32 });

export const OBJECT_KFUNCS: Readonly<Record<string, Describe>> = {
  bpf_dynptr_from_skb: prototype(int, { s: context("__sk_buff"), flags: u64, ptr__uninit: dynptr }),
  bpf_dynptr_from_xdp: prototype(int, { x: context("xdp_md"), flags: u64, ptr__uninit: dynptr }),
  bpf_dynptr_slice: slice,
  bpf_dynptr_slice_rdwr: slice,
  bpf_dynptr_adjust: prototype(int, { p: dynptr, start: u32, end: u32 }),
  bpf_dynptr_size: prototype(u32, { p: dynptr }),
  bpf_dynptr_clone: prototype(int, { p: dynptr, clone__uninit: dynptr }),
  bpf_dynptr_is_null: prototype(bool, { p: dynptr }),
  bpf_dynptr_is_rdonly: prototype(bool, { p: dynptr }),
  bpf_arena_alloc_pages: prototype(bytes, { p__map: bytes, addr__ign: bytes, page_cnt: u32, node_id: int, flags: u64 }),
  bpf_arena_free_pages: prototype(nothing, { p__map: bytes, ptr__ign: bytes, page_cnt: u32 }),
  bpf_arena_reserve_pages: prototype(int, { p__map: bytes, ptr__ign: bytes, page_cnt: u32 }),
  bpf_rcu_read_lock: prototype(nothing, {}),
  bpf_rcu_read_unlock: prototype(nothing, {}),
  bpf_preempt_disable: prototype(nothing, {}),
  bpf_preempt_enable: prototype(nothing, {}),
};
