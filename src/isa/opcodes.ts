/**
 * Every instruction of eBPF, as data: the one table behind decoding, encoding, printing, assembling and version queries.
 *
 * Source: RFC 9669 (BPF Instruction Set Architecture, 2024), and for what Linux has beyond it include/uapi/linux/bpf.h and
 * the field checks of kernel/bpf/verifier.c up to Linux 6.18. LLVM's cpu versions: llvm/lib/Target/BPF.
 *
 * Decisions where the sources differ:
 * - Call by register (`callx`, 0x8d) is reserved by the RFC and refused by Linux; compilers emit it for indirect calls.
 *   The register is in `dst`, as GCC always did and LLVM does since 19 (llvm/llvm-project#81546; before, it was in `imm`).
 * - `gotox` (0x0d, Linux 6.19) is not here: neither the RFC nor Linux 6.18 knows it. It comes with instruction-array maps.
 * - What only lives inside the kernel (mov with offset -1 for per-CPU addresses, probing loads, `nospec`, the tail-call
 *   opcode 0xf5) is refused: no program may bring it.
 * - Any `exit` with a non-zero offset is refused, as the RFC says; Linux does not look at that field.
 * - A write to r10 is well-formed: that the frame pointer is read-only is the verifier's law (RFC 9669 does not forbid the
 *   encoding), so that a verifier can explain it.
 */

/** Operators of arithmetic; `mov`, `neg` and byte swaps are kinds of their own. */
export type AluOp = "add" | "sub" | "mul" | "div" | "sdiv" | "or" | "and" | "lsh" | "rsh" | "mod" | "smod" | "xor" | "arsh";

/** Conditions of jumps; `set` is `(dst & src) != 0`, those with s compare signed. */
export type JumpCondition = "eq" | "gt" | "ge" | "set" | "ne" | "sgt" | "sge" | "lt" | "le" | "slt" | "sle";

export type AtomicOp = "add" | "or" | "and" | "xor" | "xchg" | "cmpxchg";

/** What a wide instruction loads (RFC 9669 §5.4); `imm` is the plain 64-bit number. */
export type WideKind = "imm" | "map" | "map-value" | "btf" | "function" | "map-index" | "map-index-value";

/** RFC 9669 §2.4. Each includes the smaller ones of its name: `base64` includes `base32`. */
export type ConformanceGroup = "base32" | "base64" | "atomic32" | "atomic64" | "divmul32" | "divmul64" | "packet";

/** Bytes of a memory access. */
export type Size = 1 | 2 | 4 | 8;

/** `-mcpu` of clang: the first version that has the instruction. */
export type CpuVersion = 1 | 2 | 3 | 4;

/**
 * What a field holds: a register 0 … 10; any value; the distance to another instruction in slots, counted from the next
 * one; a value that is not negative; or exactly that number (0: reserved).
 */
export type Field = "register" | "value" | "target" | "index" | number;

/** What an instruction does. Widths and sizes: `bits` of a register, `size` in bytes of memory. */
export type Action =
  | { readonly kind: "alu-reg" | "alu-imm"; readonly op: AluOp; readonly bits: 32 | 64 }
  | { readonly kind: "mov-reg" | "mov-imm" | "neg"; readonly bits: 32 | 64 }
  | { readonly kind: "mov-sign-extend"; readonly bits: 32 | 64; readonly from: 8 | 16 | 32 }
  | { readonly kind: "endian"; readonly order: "le" | "be" | "swap"; readonly bits: 16 | 32 | 64 }
  /** `dst` is the address of `src` in another address space; `to` 0 is the kernel's view of an arena, 1 the user's. */
  | { readonly kind: "address-space-cast"; readonly to: 0 | 1; readonly from: 0 | 1 }
  | { readonly kind: "load" | "load-signed" | "store" | "store-imm"; readonly size: Size }
  | { readonly kind: "load-acquire" | "store-release"; readonly size: Size }
  | { readonly kind: "atomic"; readonly op: AtomicOp; readonly fetch: boolean; readonly size: 4 | 8 }
  | { readonly kind: "packet-absolute" | "packet-indirect"; readonly size: 1 | 2 | 4 }
  | { readonly kind: "wide"; readonly loads: WideKind }
  | { readonly kind: "jump-reg" | "jump-imm"; readonly condition: JumpCondition; readonly bits: 32 | 64 }
  | { readonly kind: "jump" | "jump-long" | "may-goto" }
  | { readonly kind: "call-helper" | "call-local" | "call-kfunc" | "call-register" | "exit" };

/** One row of the table: an opcode with the fields that tell it from others of the same opcode. */
export type Operation = Action & {
  readonly opcode: number;
  readonly dst: Field;
  readonly src: Field;
  readonly offset: Field;
  readonly imm: Field;
  readonly high: Field;
  /** Null for what is not in RFC 9669. */
  readonly group: ConformanceGroup | null;
  readonly cpu: CpuVersion;
  /** First Linux that accepts it, e.g. `5.12`; null when none does. */
  readonly since: string | null;
};

// Instruction classes, sources and modes: RFC 9669 §3.3, §4, §5.
const LD = 0x00;
const LDX = 0x01;
const ST = 0x02;
const STX = 0x03;
const ALU = 0x04;
const JMP = 0x05;
const JMP32 = 0x06;
const ALU64 = 0x07;
const X = 0x08;
const ABS = 0x20;
const IND = 0x40;
const MEM = 0x60;
const MEMSX = 0x80;
const ATOMIC = 0xc0;

/** The size bits of a load or store. */
const SIZE: Readonly<Record<Size, number>> = { 4: 0x00, 2: 0x08, 1: 0x10, 8: 0x18 };

/** Code, offset, symbol in the kernel's notation. RFC 9669 §4.1. */
export const ALU_OPS: Readonly<Record<AluOp, { readonly code: number; readonly offset: 0 | 1; readonly symbol: string }>> = {
  add: { code: 0x00, offset: 0, symbol: "+=" },
  sub: { code: 0x10, offset: 0, symbol: "-=" },
  mul: { code: 0x20, offset: 0, symbol: "*=" },
  div: { code: 0x30, offset: 0, symbol: "/=" },
  sdiv: { code: 0x30, offset: 1, symbol: "s/=" },
  or: { code: 0x40, offset: 0, symbol: "|=" },
  and: { code: 0x50, offset: 0, symbol: "&=" },
  lsh: { code: 0x60, offset: 0, symbol: "<<=" },
  rsh: { code: 0x70, offset: 0, symbol: ">>=" },
  mod: { code: 0x90, offset: 0, symbol: "%=" },
  smod: { code: 0x90, offset: 1, symbol: "s%=" },
  xor: { code: 0xa0, offset: 0, symbol: "^=" },
  arsh: { code: 0xc0, offset: 0, symbol: "s>>=" },
};

/** RFC 9669 §4.3. The four "less" came with cpu v2. */
export const JUMP_CONDITIONS: Readonly<Record<JumpCondition, { readonly code: number; readonly symbol: string }>> = {
  eq: { code: 0x10, symbol: "==" },
  gt: { code: 0x20, symbol: ">" },
  ge: { code: 0x30, symbol: ">=" },
  set: { code: 0x40, symbol: "&" },
  ne: { code: 0x50, symbol: "!=" },
  sgt: { code: 0x60, symbol: "s>" },
  sge: { code: 0x70, symbol: "s>=" },
  lt: { code: 0xa0, symbol: "<" },
  le: { code: 0xb0, symbol: "<=" },
  slt: { code: 0xc0, symbol: "s<" },
  sle: { code: 0xd0, symbol: "s<=" },
};

/** Immediates of atomic instructions, without the fetch bit (0x01), which the last two always have. RFC 9669 §5.3. */
export const ATOMIC_OPS: Readonly<Record<AtomicOp, { readonly code: number; readonly symbol: string }>> = {
  add: { code: 0x00, symbol: "+=" },
  or: { code: 0x40, symbol: "|=" },
  and: { code: 0x50, symbol: "&=" },
  xor: { code: 0xa0, symbol: "^=" },
  xchg: { code: 0xe0, symbol: "xchg" },
  cmpxchg: { code: 0xf0, symbol: "cmpxchg" },
};

/** `imm` of the two that are not read-modify-write: `BPF_LOAD_ACQ`, `BPF_STORE_REL` of linux/bpf.h. */
const LOAD_ACQUIRE = 0x100;
const STORE_RELEASE = 0x110;

/** The subtype in `src` (`BPF_PSEUDO_*` of linux/bpf.h), what `high` is, first Linux. */
export const WIDE_KINDS: Readonly<Record<WideKind, { readonly src: number; readonly high: Field; readonly since: string }>> = {
  imm: { src: 0, high: "value", since: "3.18" },
  map: { src: 1, high: 0, since: "3.18" },
  "map-value": { src: 2, high: "value", since: "5.2" },
  // The RFC's variable id; Linux puts the descriptor of a module's BTF into the second immediate.
  btf: { src: 3, high: "value", since: "5.10" },
  function: { src: 4, high: 0, since: "5.13" },
  "map-index": { src: 5, high: 0, since: "5.14" },
  "map-index-value": { src: 6, high: "value", since: "5.14" },
};

type Fields = Partial<Pick<Operation, "dst" | "src" | "offset" | "imm" | "high" | "group" | "cpu" | "since">>;

/** Every instruction; those of one opcode stand together. */
export const OPERATIONS: readonly Operation[] = groupByOpcode([
  ...arithmetic(),
  ...moves(),
  ...byteSwaps(),
  ...memory(),
  ...atomics(),
  ...wides(),
  ...packets(),
  ...jumps(),
  ...calls(),
]);

/** Fields that are not named are reserved. */
function row(opcode: number, group: ConformanceGroup | null, action: Action, fields: Fields): Operation {
  return { opcode, dst: 0, src: 0, offset: 0, imm: 0, high: 0, group, cpu: 1, since: "3.18", ...action, ...fields };
}

function* arithmetic(): Generator<Operation> {
  for (const bits of [32, 64] as const) {
    const instructionClass = bits === 32 ? ALU : ALU64;
    for (const [op, { code, offset }] of entries(ALU_OPS)) {
      const divides = op === "mul" || op === "div" || op === "mod" || op === "sdiv" || op === "smod";
      const group = `${divides ? "divmul" : "base"}${bits}` as const;
      const version: Fields = offset === 0 ? {} : { cpu: 4, since: "6.6" };
      yield row(
        instructionClass | code,
        group,
        { kind: "alu-imm", op, bits },
        { dst: "register", imm: "value", offset, ...version },
      );
      yield row(
        instructionClass | code | X,
        group,
        { kind: "alu-reg", op, bits },
        { dst: "register", src: "register", offset, ...version },
      );
    }
    yield row(instructionClass | 0x80, `base${bits}`, { kind: "neg", bits }, { dst: "register" });
  }
}

function* moves(): Generator<Operation> {
  for (const bits of [32, 64] as const) {
    const opcode = (bits === 32 ? ALU : ALU64) | 0xb0;
    yield row(opcode, `base${bits}`, { kind: "mov-imm", bits }, { dst: "register", imm: "value" });
    yield row(opcode | X, `base${bits}`, { kind: "mov-reg", bits }, { dst: "register", src: "register" });
    for (const from of [8, 16, 32] as const) {
      if (from === bits) continue;
      const action: Action = { kind: "mov-sign-extend", bits, from };
      yield row(opcode | X, `base${bits}`, action, { dst: "register", src: "register", offset: from, cpu: 4, since: "6.6" });
    }
  }
  for (const to of [0, 1] as const) {
    const from = to === 0 ? 1 : 0;
    const fields: Fields = { dst: "register", src: "register", offset: 1, imm: (to << 16) | from, since: "6.9" };
    yield row(ALU64 | 0xb0 | X, null, { kind: "address-space-cast", to, from }, fields);
  }
}

function* byteSwaps(): Generator<Operation> {
  for (const bits of [16, 32, 64] as const) {
    const group = bits === 64 ? "base64" : "base32";
    yield row(ALU | 0xd0, group, { kind: "endian", order: "le", bits }, { dst: "register", imm: bits });
    yield row(ALU | 0xd0 | X, group, { kind: "endian", order: "be", bits }, { dst: "register", imm: bits });
    yield row(ALU64 | 0xd0, group, { kind: "endian", order: "swap", bits }, { dst: "register", imm: bits, cpu: 4, since: "6.6" });
  }
}

function* memory(): Generator<Operation> {
  for (const size of [1, 2, 4, 8] as const) {
    const bits = MEM | SIZE[size];
    const group = size === 8 ? "base64" : "base32";
    yield row(LDX | bits, group, { kind: "load", size }, { dst: "register", src: "register", offset: "value" });
    yield row(ST | bits, group, { kind: "store-imm", size }, { dst: "register", offset: "value", imm: "value" });
    yield row(STX | bits, group, { kind: "store", size }, { dst: "register", src: "register", offset: "value" });
    if (size === 8) continue;
    const signed: Fields = { dst: "register", src: "register", offset: "value", cpu: 4, since: "6.6" };
    yield row(LDX | MEMSX | SIZE[size], group, { kind: "load-signed", size }, signed);
  }
}

function* atomics(): Generator<Operation> {
  const operands: Fields = { dst: "register", src: "register", offset: "value" };
  for (const size of [4, 8] as const) {
    const opcode = STX | ATOMIC | SIZE[size];
    const group = size === 4 ? "atomic32" : "atomic64";
    for (const [op, { code }] of entries(ATOMIC_OPS)) {
      const v3: Fields = { ...operands, cpu: 3, since: "5.12" };
      if (op !== "xchg" && op !== "cmpxchg") {
        yield row(opcode, group, { kind: "atomic", op, fetch: false, size }, { ...(op === "add" ? operands : v3), imm: code });
      }
      yield row(opcode, group, { kind: "atomic", op, fetch: true, size }, { ...v3, imm: code | 1 });
    }
  }
  for (const size of [1, 2, 4, 8] as const) {
    const opcode = STX | ATOMIC | SIZE[size];
    const v4: Fields = { ...operands, cpu: 4, since: "6.15" };
    yield row(opcode, null, { kind: "load-acquire", size }, { ...v4, imm: LOAD_ACQUIRE });
    yield row(opcode, null, { kind: "store-release", size }, { ...v4, imm: STORE_RELEASE });
  }
}

function* wides(): Generator<Operation> {
  for (const [loads, { src, high, since }] of entries(WIDE_KINDS)) {
    const imm = loads === "function" ? "target" : "value";
    yield row(LD | SIZE[8], "base64", { kind: "wide", loads }, { dst: "register", src, imm, high, since });
  }
}

function* packets(): Generator<Operation> {
  for (const size of [1, 2, 4] as const) {
    yield row(LD | ABS | SIZE[size], "packet", { kind: "packet-absolute", size }, { imm: "value" });
    yield row(LD | IND | SIZE[size], "packet", { kind: "packet-indirect", size }, { src: "register", imm: "value" });
  }
}

function* jumps(): Generator<Operation> {
  yield row(JMP, "base32", { kind: "jump" }, { offset: "target" });
  yield row(JMP32, "base32", { kind: "jump-long" }, { imm: "target", cpu: 4, since: "6.6" });
  for (const bits of [32, 64] as const) {
    const instructionClass = bits === 32 ? JMP32 : JMP;
    for (const [condition, { code }] of entries(JUMP_CONDITIONS)) {
      const less = condition === "lt" || condition === "le" || condition === "slt" || condition === "sle";
      const version: Fields = bits === 32 ? { cpu: 3, since: "5.1" } : less ? { cpu: 2, since: "4.14" } : {};
      const fields: Fields = { dst: "register", offset: "target", ...version };
      yield row(instructionClass | code, `base${bits}`, { kind: "jump-imm", condition, bits }, { ...fields, imm: "value" });
      yield row(
        instructionClass | code | X,
        `base${bits}`,
        { kind: "jump-reg", condition, bits },
        { ...fields, src: "register" },
      );
    }
  }
  // BPF_JCOND of linux/bpf.h; src 0 is BPF_MAY_GOTO, the only one so far. Any cpu version may carry it.
  yield row(JMP | 0xe0, null, { kind: "may-goto" }, { offset: "target", since: "6.9" });
}

function* calls(): Generator<Operation> {
  yield row(JMP | 0x80, "base32", { kind: "call-helper" }, { imm: "value" });
  yield row(JMP | 0x80, "base32", { kind: "call-local" }, { src: 1, imm: "target", since: "4.16" });
  // Linux: offset 0 is a function of the kernel itself, else an index into the descriptors of modules' BTF (5.16).
  yield row(JMP | 0x80, "base32", { kind: "call-kfunc" }, { src: 2, offset: "index", imm: "value", since: "5.13" });
  yield row(JMP | 0x80 | X, null, { kind: "call-register" }, { dst: "register", since: null });
  yield row(JMP | 0x90, "base32", { kind: "exit" }, {});
}

function entries<Key extends string, Value>(table: Readonly<Record<Key, Value>>): [Key, Value][] {
  return Object.entries(table) as [Key, Value][];
}

/** Stable: rows of one opcode keep their order. */
function groupByOpcode(rows: readonly Operation[]): Operation[] {
  return [...rows].sort((a, b) => a.opcode - b.opcode);
}
