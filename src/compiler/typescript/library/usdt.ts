/**
 * What `ctx.argument(n)` of a USDT program becomes: a function in the language itself, which is part of a program that asks for arguments. Where an
 * argument is the compiler of the probed program decided; whoever attaches says it in `__bpf_usdt_specs`, as for libbpf's programs, and the
 * cookie of each place says which entry is its own.
 */

/** Its name among the files of a program. */
export const USDT_FILE = "skep:usdt";
/** The function of it. */
export const USDT_ARGUMENT = "usdtArgument";

/** Fields are called as in `struct __bpf_usdt_spec` of bpf/usdt.bpf.h: loaders write them by name. */
export const USDT_SOURCE = `import {
  array, bpf_get_attach_cookie, bpf_probe_read_kernel, bpf_probe_read_user, type bool, type FixedArray, type i16, i64, type u8, u32, u64,
  type UsdtContext,
} from "skep/bpf";

interface __bpf_usdt_arg_spec {
  val_off: u64;
  arg_type: u32;
  reg_off: i16;
  idx_reg_off: i16;
  arg_signed: bool;
  arg_bitshift: u8;
  scale_bitshift: u8;
}

interface __bpf_usdt_spec {
  args: FixedArray<__bpf_usdt_arg_spec, 12>;
  usdt_cookie: u64;
  arg_cnt: i16;
}

export const __bpf_usdt_specs = array<__bpf_usdt_spec>({ maxEntries: 256 });

interface Word {
  value: u64;
}

function register(ctx: UsdtContext, offset: u64): u64 {
  const word: Word = { value: 0 };
  bpf_probe_read_kernel(word, u64(ctx) + offset);
  return word.value;
}

/** 0 where there is no such argument, or its memory cannot be read. Numbers with a sign are extended. */
export function ${USDT_ARGUMENT}(ctx: UsdtContext, index: u32): u64 {
  const spec = __bpf_usdt_specs.get(u32(bpf_get_attach_cookie(ctx)));
  if (spec === null || i64(index) >= spec.arg_cnt) return 0;
  const found = spec.args[Math.min(index, 11)]!;
  const word: Word = { value: found.val_off };
  if (found.arg_type !== 0) {
    word.value = register(ctx, u64(found.reg_off));
    if (found.arg_type !== 1) {
      let address = word.value + found.val_off;
      if (found.arg_type === 3) address += register(ctx, u64(found.idx_reg_off)) << u64(found.scale_bitshift);
      bpf_probe_read_user(word, address);
    }
  }
  const shift = u64(found.arg_bitshift);
  const value = word.value << shift;
  return found.arg_signed ? u64(i64(value) >> i64(shift)) : value >> shift;
}
`;
