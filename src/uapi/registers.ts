// Data from arch/x86/include/asm/ptrace.h, arch/arm64/include/asm/ptrace.h (Linux 6.18) and the calling conventions of both machines.

/** Machines whose registers are known, as `struct pt_regs` shows them to kprobes, uprobes and programs on samples. */
export type Architecture = "x86_64" | "arm64";

export interface Registers {
  /** In the order of the struct, 8 bytes each. */
  readonly names: readonly string[];
  /** Bytes of `struct pt_regs`, which may go on behind the registers, and of what user space knows of it. */
  readonly size: number;
  readonly userSize: number;
  /** Where arguments are. A system call has its fourth elsewhere than a function, so both places are named; the function's is first. */
  readonly args: readonly (readonly string[])[];
  readonly result: string;
  readonly ip: string;
  readonly sp: string;
  readonly fp: string;
}

const X86_64: Registers = {
  names: "r15 r14 r13 r12 bp bx r11 r10 r9 r8 ax cx dx si di orig_ax ip cs flags sp ss".split(" "),
  size: 168,
  userSize: 168,
  args: [["di"], ["si"], ["dx"], ["cx", "r10"], ["r8"], ["r9"]],
  result: "ax",
  ip: "ip",
  sp: "sp",
  fp: "bp",
};

const ARM64: Registers = {
  names: [...Array.from({ length: 31 }, (_, index) => `x${index}`), "sp", "pc", "pstate", "orig_x0"],
  size: 320,
  userSize: 272,
  args: Array.from({ length: 8 }, (_, index) => [`x${index}`]),
  result: "x0",
  ip: "pc",
  sp: "sp",
  fp: "x29",
};

export const REGISTERS: Readonly<Record<Architecture, Registers>> = { x86_64: X86_64, arm64: ARM64 };
