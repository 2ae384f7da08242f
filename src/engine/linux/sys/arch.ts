/**
 * What differs between processors: system call numbers, and the name of the prebuilt FFI library.
 *
 * Little-endian 64-bit machines only: attributes, BTF and instructions are written in the machine's order, and a pointer is
 * 8 bytes. Numbers: arch/x86/entry/syscalls/syscall_64.tbl and include/uapi/asm-generic/unistd.h (all newer ports).
 */

export interface Architecture {
  /** Number of `bpf(2)`. */
  readonly bpf: number;
  /** Number of `perf_event_open(2)`. */
  readonly perfEventOpen: number;
  /** The package that carries the FFI library's machine code. */
  readonly prebuilt: string;
}

/** By `process.arch`. */
export const ARCHITECTURES: Readonly<Record<string, Architecture>> = {
  x64: { bpf: 321, perfEventOpen: 298, prebuilt: "@koromix/koffi-linux-x64" },
  arm64: { bpf: 280, perfEventOpen: 241, prebuilt: "@koromix/koffi-linux-arm64" },
  riscv64: { bpf: 280, perfEventOpen: 241, prebuilt: "@koromix/koffi-linux-riscv64" },
  loong64: { bpf: 280, perfEventOpen: 241, prebuilt: "@koromix/koffi-linux-loong64" },
};

/** Since Linux 5.3, the same number everywhere. */
export const PIDFD_OPEN = 434;

/** Since Linux 5.2, the same numbers everywhere. */
export const FSOPEN = 430;
export const FSCONFIG = 431;
export const FSMOUNT = 432;
