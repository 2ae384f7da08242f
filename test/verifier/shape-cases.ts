/** Malformed programs and well-formed neighbours, and what kernel 6.18 said of each: the line it refused it with, or null. */

import type { Setting } from "./suite/case.ts";

export interface ShapeCase extends Setting {
  readonly name: string;
  readonly text?: string;
  readonly raw?: readonly string[];
  readonly refused: string | null;
}

const MOV_R0 = "b700000000000000";
const EXIT = "9500000000000000";

/** Slots as 16 hexadecimal digits. */
const raw = (name: string, slots: readonly string[], refused: string | null, setting: Setting = {}): ShapeCase => ({
  name,
  raw: slots,
  refused,
  ...setting,
});
const text = (name: string, program: string, refused: string | null, setting: Setting = {}): ShapeCase => ({
  name,
  text: program,
  refused,
  ...setting,
});

/** Types of a program and its one function, `sub`. */
function typed(returns: "int" | "void", takes: "nothing" | "ctx" = "nothing"): NonNullable<Setting["functions"]> {
  return (types) => {
    const int = types.int("int", 4, { signed: true });
    const context = types.pointer(types.forward("__sk_buff", "struct"));
    const main = types.function("main", types.prototype(int, [{ name: "ctx", type: context }]), "global");
    const parameters = takes === "ctx" ? [{ name: "ctx", type: context }] : [];
    const sub = types.function("sub", types.prototype(returns === "int" ? int : 0, parameters), "static");
    return { main, sub };
  };
}

export const SHAPE_CASES: readonly ShapeCase[] = [
  // Ends and edges
  raw("the least", [MOV_R0, EXIT], null),
  raw("no exit", [MOV_R0], "last insn is not an exit or jmp"),
  raw("a jump beyond the end", ["0500050000000000", MOV_R0, EXIT], "jump out of range from insn 0 to 6"),
  raw("a jump before the start", ["0500f0ff00000000", MOV_R0, EXIT], "jump out of range from insn 0 to -15"),
  raw("a long jump beyond the end", ["0600000005000000", MOV_R0, EXIT], "jump out of range from insn 0 to 6"),
  raw("a conditional jump beyond the end", [MOV_R0, "1500040000000000", EXIT], "jump out of range from insn 1 to 6"),
  raw("unreachable", [MOV_R0, EXIT, EXIT], "unreachable insn 2"),
  raw("unreachable in between", ["0500010000000000", MOV_R0, MOV_R0, EXIT], "unreachable insn 1"),
  raw("a loop that never ends", [MOV_R0, "0500feff00000000"], "infinite loop detected at insn 0"),

  // Wide loads
  raw("half a wide load", [MOV_R0, "1800000000000000", EXIT], "invalid bpf_ld_imm64 insn"),
  raw("a wide load at the end", [MOV_R0, "1800000000000000"], "last insn is not an exit or jmp"),
  raw(
    "a wide load whose second half has a register",
    ["1800000000000000", "0001000000000000", EXIT],
    "invalid bpf_ld_imm64 insn",
  ),
  raw("a wide load whose second half has an offset", ["1800000000000000", "0000010000000000", EXIT], "invalid bpf_ld_imm64 insn"),
  raw("a wide load of a kind that is none", ["1870000000000000", "0000000000000000", EXIT], "unrecognized bpf_ld_imm64 insn"),
  raw(
    "a wide load of a map that is none",
    ["1811000000000000", "0000000000000000", MOV_R0, EXIT],
    "fd 0 is not pointing to valid bpf_map",
  ),
  raw("a map with an offset", ["1811000000000000", "0000000001000000", MOV_R0, EXIT], "unrecognized bpf_ld_imm64 insn"),
  raw("a map by index, of no list", ["1851000000000000", "0000000000000000", MOV_R0, EXIT], "fd_idx without fd_array is invalid"),
  raw(
    "a jump into a wide load",
    [MOV_R0, "1500010000000000", "1800000000000000", "0000000000000000", EXIT],
    "jump into the middle of ldimm64 insn 2",
  ),
  raw("a wide load with an offset", ["1800010000000000", "0000000000000000", EXIT], "BPF_LD_IMM64 uses reserved fields"),
  raw(
    "a typed address of nothing",
    ["183100000000007f", "0000000000000000", MOV_R0, EXIT],
    "ldimm64 insn specifies invalid btf_id 2130706432.",
  ),
  raw(
    "a typed address that is no variable",
    ["1831000001000000", "0000000000000000", MOV_R0, EXIT],
    "pseudo btf_id 1 in ldimm64 isn't KIND_VAR or KIND_FUNC",
  ),
  raw(
    "a typed address in a module that is none",
    ["1831000001000000", "0000000063000000", MOV_R0, EXIT],
    "invalid module BTF object FD specified.",
  ),

  // Opcodes
  raw("opcode 0", ["0000000000000000", EXIT], "unknown opcode 00"),
  raw("opcode ff", ["ff00000000000000", EXIT], "unknown opcode ff"),
  raw("call by register", ["8d00000000000000", EXIT], "unknown opcode 8d"),
  raw("neg by register", ["8f00000000000000", EXIT], "unknown opcode 8f"),
  raw("exit of 32 bits", ["9600000000000000", EXIT], "unknown opcode 96"),
  raw("a sign-extending load of 8 bytes", ["9910000000000000", EXIT], "unknown opcode 99"),
  raw("ldx with an immediate", ["6110000001000000", EXIT], "BPF_LDX uses reserved fields"),
  raw("ldx of a mode that is none", ["2110000000000000", EXIT], "BPF_LDX uses reserved fields"),
  raw("an unreachable unknown opcode is found first", [MOV_R0, EXIT, "ff00000000000000", EXIT], "unknown opcode ff"),

  // Reserved fields, which the walk finds
  raw("mov with an offset", ["b700010000000000", EXIT], "BPF_MOV uses reserved fields"),
  raw("mov of a constant with a source", ["b710000000000000", EXIT], "BPF_MOV uses reserved fields"),
  raw("mov of a register with an immediate", ["bf10000001000000", EXIT], "BPF_MOV uses reserved fields"),
  raw("a sign-extending mov of 24 bits", ["bf10180000000000", EXIT], "BPF_MOV uses reserved fields"),
  raw("a sign-extending mov of 32 bits to 32", ["bc10200000000000", EXIT], "BPF_MOV uses reserved fields"),
  raw(
    "a cast of address spaces without an arena",
    ["bf10010001000000", MOV_R0, EXIT],
    "addr_space_cast insn can only be used in a program that has an associated arena",
  ),
  raw(
    "a cast of address spaces 2 and 0",
    ["bf10010002000000", MOV_R0, EXIT],
    "addr_space_cast insn can only convert between address space 1 and 0",
  ),
  raw("add with an offset", [MOV_R0, "0700010000000000", EXIT], "BPF_ALU uses reserved fields"),
  raw("add of a constant with a source", [MOV_R0, "0710000000000000", EXIT], "BPF_ALU uses reserved fields"),
  raw("add of a register with an immediate", [MOV_R0, "0f00000001000000", EXIT], "BPF_ALU uses reserved fields"),
  raw("signed division", [MOV_R0, "3700010002000000", EXIT], null),
  raw("division with offset 2", [MOV_R0, "3700020002000000", EXIT], "BPF_ALU uses reserved fields"),
  raw("division by zero", [MOV_R0, "3700000000000000", EXIT], "div by zero"),
  raw("a shift by 64", [MOV_R0, "6700000040000000", EXIT], "invalid shift 64"),
  raw("a shift of 32 bits by 32", [MOV_R0, "6400000020000000", EXIT], "invalid shift 32"),
  raw("a shift by -1", [MOV_R0, "67000000ffffffff", EXIT], "invalid shift -1"),
  raw("neg with an immediate", [MOV_R0, "8700000001000000", EXIT], "BPF_NEG uses reserved fields"),
  raw("end of 8 bits", [MOV_R0, "d400000008000000", EXIT], "BPF_END uses reserved fields"),
  raw("bswap", [MOV_R0, "d700000010000000", EXIT], null),
  raw("stx with an immediate", [MOV_R0, "7b0af8ff01000000", EXIT], "BPF_STX uses reserved fields"),
  raw("st with a source", [MOV_R0, "7a1af8ff00000000", EXIT], "BPF_ST uses reserved fields"),
  raw(
    "an atomic that is none",
    [MOV_R0, "7b0af8ff00000000", "db0af8ff02000000", EXIT],
    "BPF_ATOMIC uses invalid atomic opcode 02",
  ),
  raw("an atomic of 1 byte", [MOV_R0, "7b0af8ff00000000", "d30af8ff00000000", EXIT], "invalid atomic operand size"),
  raw("a helper with an offset", ["8500010007000000", EXIT], "BPF_CALL uses reserved fields"),
  raw("a call of a kind that is none", ["8530000007000000", EXIT], "BPF_CALL uses reserved fields"),
  raw("a call with a destination", ["8501000007000000", EXIT], "BPF_CALL uses reserved fields"),
  raw("ja with an immediate", ["0500000001000000", MOV_R0, EXIT], "BPF_JA uses reserved fields"),
  raw("a long ja with an offset", ["0600010000000000", MOV_R0, EXIT], "BPF_JA uses reserved fields"),
  raw("exit with an immediate", [MOV_R0, "9500000001000000"], "BPF_EXIT uses reserved fields"),
  raw("a jump of a constant with a source", [MOV_R0, "1510000000000000", EXIT], "BPF_JMP/JMP32 uses reserved fields"),
  raw("a jump of a register with an immediate", [MOV_R0, "1d10000001000000", EXIT], "BPF_JMP/JMP32 uses reserved fields"),
  raw("may_goto that goes nowhere", ["e500000000000000", MOV_R0, EXIT], null),
  raw("may_goto with an immediate", ["e500000005000000", MOV_R0, EXIT], "invalid may_goto imm 5"),
  raw("a conditional jump f5", ["f500000000000000", MOV_R0, EXIT], "unknown opcode f5"),
  raw("may_goto of another kind", ["e510010000000000", MOV_R0, EXIT], "invalid may_goto imm 0"),
  raw("an atomic load of 8 bytes", [MOV_R0, "7b0af8ff00000000", "dba0f8ff00010000", EXIT], null),
  raw("an atomic load of 1 byte", [MOV_R0, "7b0af8ff00000000", "d3a0f8ff00010000", EXIT], null),
  raw("an atomic store of 2 bytes", [MOV_R0, "7b0af8ff00000000", "cb0af8ff10010000", EXIT], null),
  raw("ld_abs of 8 bytes", ["bf16000000000000", "3800000000000000", EXIT], "unknown opcode 38"),
  raw("ld_abs with a destination", ["bf16000000000000", "3001000000000000", EXIT], "BPF_LD_[ABS|IND] uses reserved fields"),
  raw(
    "ld_abs in a tracepoint",
    ["bf16000000000000", "3000000000000000", EXIT],
    "BPF_LD_[ABS|IND] instructions not allowed for this program type",
    {
      type: "tracepoint",
    },
  ),
  raw("reserved fields where no path leads", [MOV_R0, "5500010000000000", EXIT, "b700010000000000", EXIT], null),

  // Functions
  text("a function", "call sub; exit; sub: r0 = 0; exit", null),
  raw("a call beyond the end", ["8510000005000000", EXIT], "call to invalid destination"),
  raw("a call before the start", ["85100000f0ffffff", EXIT], "call to invalid destination"),
  text(
    "a function that runs into the next",
    "call one; call two; exit; one: r0 = 0; two: r0 = 1; exit",
    "last insn is not an exit or jmp",
  ),
  text(
    "a jump into another function",
    "call sub; if r0 == 0 goto inside; exit; sub: r0 = 0; inside: exit",
    "jump out of range from insn 1 to 4",
  ),
  text("a function that nobody calls", "r0 = 0; exit; sub: r0 = 0; exit", "unreachable insn 2"),
  text("recursion", "call sub; exit; sub: call sub; exit", "the call stack of 9 frames is too deep"),
  text("the main function calls itself", "r0 = 0; raw 8510 0000 feffffff; exit", "the call stack of 9 frames is too deep"),
  text(
    "ld_abs in a function without types",
    "r6 = r1; call sub; exit; sub: r0 = 0; raw 3000 0000 00000000; exit",
    "LD_ABS is not allowed in subprogs without BTF",
  ),
  text(
    "a tail call in a function without types",
    "call sub; exit; sub: call bpf_tail_call; r0 = 0; exit",
    "tail_call is not allowed in subprogs without BTF",
  ),
  text(
    "a kernel function of no number",
    "raw 8520 0000 00000000; r0 = 0; exit",
    "invalid kernel function call not eliminated in verifier pass",
  ),
  text("a kernel function that is none", "raw 8520 0000 01000000; r0 = 0; exit", "kernel btf_id 1 is not a function"),
  text(
    "a kernel function of no module",
    "raw 8520 0100 01000000; r0 = 0; exit",
    "kfunc offset > 0 without fd_array is invalid\nfailed to find BTF for kernel function",
  ),
  text(
    "a kernel function of module -1",
    "raw 8520 ffff 01000000; r0 = 0; exit",
    "negative offset disallowed for kernel module function call\nfailed to find BTF for kernel function",
  ),
  text(
    "a kernel function in a program that is not free",
    "call kfunc bpf_rcu_read_lock; call kfunc bpf_rcu_read_unlock; r0 = 0; exit",
    "cannot call kernel function from non-GPL compatible program",
    {
      type: "sched_cls",
      license: "MIT",
    },
  ),

  // Types of functions
  text("a function with a type", "call sub; exit; sub: r0 = 0; exit", null, { functions: typed("int") }),
  text("ld_abs in a function that returns int", "r6 = r1; call sub; exit; sub: r6 = r1; raw 3000 0000 00000000; exit", null, {
    functions: typed("int", "ctx"),
  }),
  text(
    "ld_abs in a function that returns nothing",
    "r6 = r1; call sub; r0 = 0; exit; sub: r6 = r1; raw 3000 0000 00000000; exit",
    "LD_ABS is only allowed in functions that return 'int'.",
    { functions: typed("void", "ctx") },
  ),
  text(
    "a tail call in a function that returns nothing",
    "call sub; r0 = 0; exit; sub: r2 = map programs; r3 = 0; call bpf_tail_call; r0 = 0; exit",
    "tail_call is only allowed in functions that return 'int'.",
    { functions: typed("void", "ctx") },
  ),

  // Stack of calls: 16-byte steps since 6.13
  text("512 bytes in two frames", "*(u64 *)(r10 -256) = 0; call sub; exit; sub: *(u64 *)(r10 -256) = 0; r0 = 0; exit", null),
  text(
    "528 bytes in two frames",
    "*(u64 *)(r10 -264) = 0; call sub; exit; sub: *(u64 *)(r10 -256) = 0; r0 = 0; exit",
    "combined stack size of 2 calls is 528. Too large",
  ),
  text(
    "600 bytes in two frames of a tracepoint",
    "*(u64 *)(r10 -304) = 0; call sub; exit; sub: *(u64 *)(r10 -304) = 0; r0 = 0; exit",
    null,
    {
      type: "raw_tracepoint",
    },
  ),
  text(
    "eight frames",
    "call a; exit; a: call b; exit; b: call c; exit; c: call d; exit; d: call e; exit; e: call f; exit; f: call g; exit; g: r0 = 0; exit",
    null,
  ),
  text(
    "nine frames",
    "call a; exit; a: call b; exit; b: call c; exit; c: call d; exit; d: call e; exit; e: call f; exit; f: call g; exit; g: call h; exit; h: r0 = 0; exit",
    "the call stack of 9 frames is too deep",
  ),

  // Maps and who may use them
  text("a value", "r1 = value array8 +4; r0 = 0; exit", null),
  text("beyond a value", "r1 = value array8 +8; r0 = 0; exit", "invalid access to map value pointer, value_size=8 off=8"),
  text("a value of a hash", "r1 = value hash8 +0; r0 = 0; exit", "no direct value access support for this map type"),
  text(
    "a value of an array of four",
    "r1 = value four +0; r0 = 0; exit",
    "invalid access to map value pointer, value_size=64 off=0",
  ),
  text(
    "an offset that is too large",
    "r1 = value array8 +536870912; r0 = 0; exit",
    "direct value offset of 536870912 is not allowed",
  ),
  text("a lock in a socket filter", "r1 = map lock; r0 = 0; exit", "socket filter progs cannot use bpf_spin_lock yet"),
  text("a lock in a tracepoint", "r1 = map lock; r0 = 0; exit", "tracing progs cannot use bpf_spin_lock yet", {
    type: "tracepoint",
  }),
  text("a lock in tc", "r1 = map lock; r0 = 0; exit", null, { type: "sched_cls" }),
  text("a resilient lock in a tracepoint", "r1 = map res_lock; r0 = 0; exit", "tracing progs cannot use bpf_spin_lock yet", {
    type: "raw_tracepoint",
  }),
  text(
    "a resilient lock in a socket filter",
    "r1 = map res_lock; r0 = 0; exit",
    "socket filter progs cannot use bpf_spin_lock yet",
  ),
  text("a timer in a tracepoint", "r1 = map timer; r0 = 0; exit", "tracing progs cannot use bpf_timer yet", {
    type: "raw_tracepoint",
  }),
  text("work in a tracepoint", "r1 = map work; r0 = 0; exit", "tracing progs cannot use bpf_wq yet", { type: "raw_tracepoint" }),
  text(
    "a trie in a program that sleeps",
    "r1 = map lpm; r0 = 0; exit",
    "Sleepable programs can only use array, hash, ringbuf and local storage maps",
    { type: "syscall", flags: 16 },
  ),
  text("an array in a program that sleeps", "r1 = map array8; r0 = 0; exit", null, { type: "syscall", flags: 16 }),
  text(
    "programs in a program that sleeps",
    "r1 = map programs; r0 = 0; exit",
    "Sleepable programs can only use array, hash, ringbuf and local storage maps",
    { type: "syscall", flags: 16 },
  ),
  text(
    "sockets in a program that sleeps",
    "r1 = map sockets; r0 = 0; exit",
    "Sleepable programs can only use array, hash, ringbuf and local storage maps",
    { type: "syscall", flags: 16 },
  ),
  text(
    "stacks in a program that sleeps",
    "r1 = map stacks; r0 = 0; exit",
    "Sleepable programs can only use array, hash, ringbuf and local storage maps",
    { type: "syscall", flags: 16 },
  ),
  text(
    "bloom in a program that sleeps",
    "r1 = map bloom; r0 = 0; exit",
    "Sleepable programs can only use array, hash, ringbuf and local storage maps",
    { type: "syscall", flags: 16 },
  ),
  text(
    "events in a program that sleeps",
    "r1 = map events; r0 = 0; exit",
    "Sleepable programs can only use array, hash, ringbuf and local storage maps",
    { type: "syscall", flags: 16 },
  ),

  // Who may sleep
  text(
    "a program that may not sleep and would",
    "r0 = 0; exit",
    "Only fentry/fexit/fmod_ret, lsm, iter, uprobe, and struct_ops programs can be sleepable",
    { flags: 16 },
  ),
  text("a syscall program that would not sleep", "r0 = 0; exit", "Syscall programs can only be sleepable", { type: "syscall" }),
];

/** Where earlier kernels (Debian's 6.12.117 and 6.1) said something else. */
export const EARLIER: Readonly<Record<"6.12" | "6.1", Readonly<Record<string, string | null>>>> = {
  "6.12": {
    "an atomic of 1 byte": "unknown opcode d3",
    "may_goto that goes nowhere": "invalid may_goto off 0 imm 0",
    "may_goto with an immediate": "invalid may_goto off 0 imm 5",
    "may_goto of another kind": "invalid may_goto off 1 imm 0",
    "an atomic load of 8 bytes": "BPF_ATOMIC uses invalid atomic opcode 100",
    "an atomic load of 1 byte": "unknown opcode d3",
    "an atomic store of 2 bytes": "unknown opcode cb",
    "600 bytes in two frames of a tracepoint": "combined stack size of 2 calls is 608. Too large",
    "a resilient lock in a tracepoint": null,
    "a resilient lock in a socket filter": null,
  },
  "6.1": {
    "a typed address that is no variable": "pseudo btf_id 1 in ldimm64 isn't KIND_VAR.",
    "a sign-extending load of 8 bytes": "BPF_LDX uses reserved fields",
    "a cast of address spaces without an arena": "BPF_MOV uses reserved fields",
    "a cast of address spaces 2 and 0": "BPF_MOV uses reserved fields",
    "signed division": "BPF_ALU uses reserved fields",
    bswap: "unknown opcode d7",
    "an atomic of 1 byte": "unknown opcode d3",
    "may_goto that goes nowhere": "unknown opcode e5",
    "may_goto with an immediate": "unknown opcode e5",
    "may_goto of another kind": "unknown opcode e5",
    "an atomic load of 8 bytes": "BPF_ATOMIC uses invalid atomic opcode 100",
    "an atomic load of 1 byte": "unknown opcode d3",
    "an atomic store of 2 bytes": "unknown opcode cb",
    recursion: "back-edge from insn 2 to 2",
    "the main function calls itself": "back-edge from insn 1 to 0",
    "528 bytes in two frames": "combined stack size of 2 calls is 544. Too large",
    "600 bytes in two frames of a tracepoint": "combined stack size of 2 calls is 640. Too large",
    "a resilient lock in a tracepoint": null,
    "a resilient lock in a socket filter": null,
    "work in a tracepoint": null,
    "a trie in a program that sleeps": "Sleepable programs can only use array, hash, and ringbuf maps",
    "programs in a program that sleeps": "Sleepable programs can only use array, hash, and ringbuf maps",
    "sockets in a program that sleeps": "Sleepable programs can only use array, hash, and ringbuf maps",
    "stacks in a program that sleeps": "Sleepable programs can only use array, hash, and ringbuf maps",
    "bloom in a program that sleeps": "Sleepable programs can only use array, hash, and ringbuf maps",
    "events in a program that sleeps": "Sleepable programs can only use array, hash, and ringbuf maps",
    "a program that may not sleep and would": "Only fentry/fexit/fmod_ret, lsm, and kprobe/uprobe programs can be sleepable",
  },
};
