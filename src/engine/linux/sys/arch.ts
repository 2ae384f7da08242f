/**
 * What differs between processors: system call numbers, and the name of the prebuilt FFI library.
 *
 * Little-endian 64-bit machines only: attributes, BTF and instructions are written in the machine's order, and a pointer is
 * 8 bytes. Numbers: arch/x86/entry/syscalls/syscall_64.tbl and include/uapi/asm-generic/unistd.h (all newer ports).
 */

export interface Architecture {
  /** Number of `bpf(2)`. */
  readonly bpf: number;
  /** The package that carries the FFI library's machine code. */
  readonly prebuilt: string;
}

/** By `process.arch`. */
export const ARCHITECTURES: Readonly<Record<string, Architecture>> = {
  x64: { bpf: 321, prebuilt: "@koromix/koffi-linux-x64" },
  arm64: { bpf: 280, prebuilt: "@koromix/koffi-linux-arm64" },
  riscv64: { bpf: 280, prebuilt: "@koromix/koffi-linux-riscv64" },
  loong64: { bpf: 280, prebuilt: "@koromix/koffi-linux-loong64" },
};
