// Data from `union bpf_attr` of linux/bpf.h (Linux 6.18): where each command's fields are, in bytes. Names are the kernel's.
// Fields that nothing here sets stay out; the kernel reads them as zero. `size` is what `bpf(2)` is given: older kernels accept
// a larger attribute when what they do not know is zero, which is why unused new fields cost no compatibility.

import type { Command } from "../../uapi/commands.ts";

/** Where a command's fields are. `pointer` fields are 8 bytes and hold an address; `text` fields are 16 bytes, NUL-terminated. */
export interface AttributeLayout {
  readonly size: number;
  readonly u32: Readonly<Record<string, number>>;
  readonly u64: Readonly<Record<string, number>>;
  readonly pointer: Readonly<Record<string, number>>;
  readonly text: Readonly<Record<string, number>>;
}

const ELEMENT = {
  size: 32,
  u32: { map_fd: 0 },
  u64: { flags: 24 },
  pointer: { key: 8, value: 16, next_key: 16 },
  text: {},
} as const;

const BATCH = {
  size: 56,
  u32: { count: 32, map_fd: 36 },
  u64: { elem_flags: 40, flags: 48 },
  pointer: { in_batch: 0, out_batch: 8, keys: 16, values: 24 },
  text: {},
} as const;

const ATTACH = {
  size: 32,
  u32: { target_fd: 0, attach_bpf_fd: 4, attach_type: 8, attach_flags: 12, replace_bpf_fd: 16, relative_fd: 20 },
  u64: { expected_revision: 24 },
  pointer: {},
  text: {},
} as const;

const PIN = {
  size: 24,
  u32: { bpf_fd: 8, file_flags: 12, path_fd: 16 },
  u64: {},
  pointer: { pathname: 0 },
  text: {},
} as const;

const NEXT_ID = { size: 12, u32: { start_id: 0, next_id: 4 }, u64: {}, pointer: {}, text: {} } as const;

export const ATTRIBUTES = {
  map_create: {
    size: 80,
    u32: {
      map_type: 0,
      key_size: 4,
      value_size: 8,
      max_entries: 12,
      map_flags: 16,
      inner_map_fd: 20,
      numa_node: 24,
      map_ifindex: 44,
      btf_fd: 48,
      btf_key_type_id: 52,
      btf_value_type_id: 56,
      btf_vmlinux_value_type_id: 60,
      value_type_btf_obj_fd: 72,
      map_token_fd: 76,
    },
    u64: { map_extra: 64 },
    pointer: {},
    text: { map_name: 28 },
  },
  map_lookup_elem: ELEMENT,
  map_update_elem: ELEMENT,
  map_delete_elem: ELEMENT,
  map_get_next_key: ELEMENT,
  map_lookup_and_delete_elem: ELEMENT,
  map_freeze: ELEMENT,
  map_lookup_batch: BATCH,
  map_lookup_and_delete_batch: BATCH,
  map_update_batch: BATCH,
  map_delete_batch: BATCH,
  prog_load: {
    size: 152,
    u32: {
      prog_type: 0,
      insn_cnt: 4,
      log_level: 24,
      log_size: 28,
      kern_version: 40,
      prog_flags: 44,
      prog_ifindex: 64,
      expected_attach_type: 68,
      prog_btf_fd: 72,
      func_info_rec_size: 76,
      func_info_cnt: 88,
      line_info_rec_size: 92,
      line_info_cnt: 104,
      attach_btf_id: 108,
      attach_prog_fd: 112,
      attach_btf_obj_fd: 112,
      fd_array_cnt: 148,
      log_true_size: 140,
      prog_token_fd: 144,
    },
    u64: {},
    pointer: { insns: 8, license: 16, log_buf: 32, func_info: 80, line_info: 96, fd_array: 120 },
    text: { prog_name: 48 },
  },
  prog_test_run: {
    size: 80,
    u32: {
      prog_fd: 0,
      retval: 4,
      data_size_in: 8,
      data_size_out: 12,
      repeat: 32,
      duration: 36,
      ctx_size_in: 40,
      ctx_size_out: 44,
      flags: 64,
      cpu: 68,
      batch_size: 72,
    },
    u64: {},
    pointer: { data_in: 16, data_out: 24, ctx_in: 48, ctx_out: 56 },
    text: {},
  },
  btf_load: {
    size: 40,
    u32: { btf_size: 16, btf_log_size: 20, btf_log_level: 24, btf_log_true_size: 28, btf_flags: 32, btf_token_fd: 36 },
    u64: {},
    pointer: { btf: 0, btf_log_buf: 8 },
    text: {},
  },
  // What lies from 16 on depends on the attach type.
  link_create: {
    size: 64,
    u32: {
      prog_fd: 0,
      map_fd: 0,
      target_fd: 4,
      target_ifindex: 4,
      attach_type: 8,
      flags: 12,
      target_btf_id: 16,
      iter_info_len: 24,
      "kprobe_multi.flags": 16,
      "kprobe_multi.cnt": 20,
      "uprobe_multi.cnt": 48,
      "uprobe_multi.flags": 52,
      "uprobe_multi.pid": 56,
      "netfilter.pf": 16,
      "netfilter.hooknum": 20,
      "netfilter.priority": 24,
      "netfilter.flags": 28,
      "tcx.relative_fd": 16,
      "cgroup.relative_fd": 16,
    },
    u64: { "perf_event.bpf_cookie": 16, "tracing.cookie": 24, "tcx.expected_revision": 24, "cgroup.expected_revision": 24 },
    pointer: {
      iter_info: 16,
      "kprobe_multi.syms": 24,
      "kprobe_multi.addrs": 32,
      "kprobe_multi.cookies": 40,
      "uprobe_multi.path": 16,
      "uprobe_multi.offsets": 24,
      "uprobe_multi.ref_ctr_offsets": 32,
      "uprobe_multi.cookies": 40,
    },
    text: {},
  },
  raw_tracepoint_open: {
    size: 24,
    u32: { prog_fd: 8 },
    u64: { cookie: 16 },
    pointer: { name: 0 },
    text: {},
  },
  obj_pin: PIN,
  obj_get: PIN,
  prog_get_next_id: NEXT_ID,
  map_get_next_id: NEXT_ID,
  btf_get_next_id: NEXT_ID,
  link_get_next_id: NEXT_ID,
  prog_get_fd_by_id: { size: 12, u32: { prog_id: 0 }, u64: {}, pointer: {}, text: {} },
  map_get_fd_by_id: { size: 12, u32: { map_id: 0, open_flags: 8 }, u64: {}, pointer: {}, text: {} },
  btf_get_fd_by_id: { size: 12, u32: { btf_id: 0 }, u64: {}, pointer: {}, text: {} },
  link_get_fd_by_id: { size: 12, u32: { link_id: 0 }, u64: {}, pointer: {}, text: {} },
  prog_query: {
    size: 64,
    u32: { target_fd: 0, target_ifindex: 0, attach_type: 4, query_flags: 8, attach_flags: 12, count: 24 },
    u64: { revision: 56 },
    pointer: { prog_ids: 16, prog_attach_flags: 32, link_ids: 40, link_attach_flags: 48 },
    text: {},
  },
  task_fd_query: {
    size: 48,
    u32: { pid: 0, fd: 4, flags: 8, buf_len: 12, prog_id: 24, fd_type: 28 },
    u64: { probe_offset: 32, probe_addr: 40 },
    pointer: { buf: 16 },
    text: {},
  },
  enable_stats: { size: 4, u32: { type: 0 }, u64: {}, pointer: {}, text: {} },
  token_create: { size: 8, u32: { flags: 0, bpffs_fd: 4 }, u64: {}, pointer: {}, text: {} },
  iter_create: { size: 8, u32: { link_fd: 0, flags: 4 }, u64: {}, pointer: {}, text: {} },
  prog_attach: ATTACH,
  prog_detach: ATTACH,
  prog_stream_read_by_fd: {
    size: 24,
    u32: { stream_buf_len: 8, stream_id: 12, prog_fd: 16 },
    u64: {},
    pointer: { stream_buf: 0 },
    text: {},
  },
  prog_bind_map: { size: 12, u32: { prog_fd: 0, map_fd: 4, flags: 8 }, u64: {}, pointer: {}, text: {} },
  link_update: {
    size: 32,
    u32: { link_fd: 0, new_prog_fd: 4, flags: 8, old_prog_fd: 12 },
    u64: {},
    pointer: {},
    text: {},
  },
  link_detach: { size: 4, u32: { link_fd: 0 }, u64: {}, pointer: {}, text: {} },
  obj_get_info_by_fd: {
    size: 16,
    u32: { bpf_fd: 0, info_len: 4 },
    u64: {},
    pointer: { info: 8 },
    text: {},
  },
} as const satisfies Partial<Record<Command, AttributeLayout>>;

/** In the flags of maps, programs and BTF objects alike: a token goes with it. Since 6.9. */
export const BPF_F_TOKEN_FD = 1 << 16;

export type KnownCommand = keyof typeof ATTRIBUTES;
