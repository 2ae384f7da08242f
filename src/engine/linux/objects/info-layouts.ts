// Data from linux/bpf.h (Linux 6.18): where the fields of `struct bpf_prog_info`, `bpf_map_info` and `bpf_btf_info` are, in bytes. Names are the
// kernel's. Older kernels know a shorter struct and leave the rest as it is, which is zero: fields that came later read as "not told".

/** `pointer` fields are 8 bytes and hold an address; `text` fields are 16 bytes, NUL-terminated. */
export interface InfoLayout {
  readonly size: number;
  readonly u32: Readonly<Record<string, number>>;
  readonly u64: Readonly<Record<string, number>>;
  readonly pointer: Readonly<Record<string, number>>;
  readonly text: Readonly<Record<string, number>>;
}

/** Since 4.13; what came later is said. */
export const PROGRAM_INFO = {
  size: 232,
  u32: {
    type: 0,
    id: 4,
    jited_prog_len: 16,
    xlated_prog_len: 20,
    created_by_uid: 48, // 4.15
    nr_map_ids: 52,
    ifindex: 80, // 4.16
    gpl_compatible: 84, // 4.18, the lowest bit
    nr_jited_ksyms: 104, // 4.18
    nr_jited_func_lens: 108,
    btf_id: 128, // 5.0
    func_info_rec_size: 132,
    nr_func_info: 144,
    nr_line_info: 148,
    nr_jited_line_info: 168,
    line_info_rec_size: 172,
    jited_line_info_rec_size: 176,
    nr_prog_tags: 180,
    verified_insns: 216, // 5.16
    attach_btf_obj_id: 220, // 6.0
    attach_btf_id: 224,
  },
  u64: {
    load_time: 40,
    netns_dev: 88,
    netns_ino: 96,
    run_time_ns: 192, // 5.1
    run_cnt: 200,
    recursion_misses: 208, // 5.12
  },
  pointer: {
    jited_prog_insns: 24,
    xlated_prog_insns: 32,
    map_ids: 56,
    jited_ksyms: 112,
    jited_func_lens: 120,
    func_info: 136,
    line_info: 152,
    jited_line_info: 160,
    prog_tags: 184,
  },
  text: { name: 64 },
} as const satisfies InfoLayout;

/** The 8 bytes of a program's tag, which is a digest of its instructions. */
export const PROGRAM_TAG = { offset: 8, size: 8 } as const;

/** Since 4.13. */
export const MAP_INFO = {
  size: 88,
  u32: {
    type: 0,
    id: 4,
    key_size: 8,
    value_size: 12,
    max_entries: 16,
    map_flags: 20,
    ifindex: 40, // 4.16
    btf_vmlinux_value_type_id: 44, // 5.6
    btf_id: 64, // 4.18
    btf_key_type_id: 68,
    btf_value_type_id: 72,
    btf_vmlinux_id: 76, // 6.9
  },
  u64: { netns_dev: 48, netns_ino: 56, map_extra: 80 /* 5.16 */ },
  pointer: {},
  text: { name: 24 },
} as const satisfies InfoLayout;

/** Since 4.18; name and origin since 5.11. */
export const BTF_INFO = {
  size: 32,
  u32: { btf_size: 8, id: 12, name_len: 24, kernel_btf: 28 },
  u64: {},
  pointer: { btf: 0, name: 16 },
  text: {},
} as const satisfies InfoLayout;
