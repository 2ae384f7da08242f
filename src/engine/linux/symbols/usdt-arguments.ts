/**
 * Where a USDT probe's arguments are, as its note says it in the assembler's words: `-4@%eax 8@-24(%rbp) 4@$5` on x86-64, `-4@x0 8@[sp, 16] 4@5`
 * on arm64. Before the `@` stands the size in bytes, negative for signed numbers.
 *
 * https://sourceware.org/systemtap/wiki/UserSpaceProbeImplementation; which forms compilers write: sys/sdt.h, and libbpf's usdt.c.
 */

/** Registers are named by where they are, in bytes, in what a probe sees (`struct pt_regs`, `struct user_pt_regs`). */
export type ArgumentPlace =
  | { readonly kind: "constant"; readonly value: bigint }
  | { readonly kind: "register"; readonly register: number }
  /** Memory of the process at a register's value plus `offset`; with an index, plus that one's value times 2^`shift`. */
  | {
      readonly kind: "memory";
      readonly register: number;
      readonly offset: bigint;
      readonly index?: { readonly register: number; readonly shift: number };
    };

export interface UsdtArgument {
  readonly size: 1 | 2 | 4 | 8;
  readonly signed: boolean;
  readonly place: ArgumentPlace;
}

/** What no program can read, for a message that begins with the probe: `argument 2 (8@foo(%rip)) is …`. */
export class UsdtArgumentError extends Error {
  override readonly name = "UsdtArgumentError";
}

/** `BPF_USDT_MAX_ARG_CNT` of bpf/usdt.bpf.h. */
export const MOST_ARGUMENTS = 12;

type ReadPlace = (text: string) => ArgumentPlace | null;

/** By the names that Node has for machines. */
const MACHINES: Readonly<Record<string, ReadPlace>> = { x64: placeX64, arm64: placeArm64 };

/** @throws UsdtArgumentError */
export function usdtArguments(text: string, machine: string): readonly UsdtArgument[] {
  const read = MACHINES[machine];
  // Inside of an argument there may be blanks: the next one begins with a size and `@`.
  const parts = text.trim() === "" ? [] : text.trim().split(/\s+(?=-?\d+\s*@)/);
  if (parts.length === 0) return [];
  if (read === undefined) throw new UsdtArgumentError(`has arguments in the registers of ${machine}, which are not known here`);
  if (parts.length > MOST_ARGUMENTS)
    throw new UsdtArgumentError(`has ${parts.length} arguments, and ${MOST_ARGUMENTS} can be read`);
  return parts.map((part, number) => {
    const refuse = (why: string): never => {
      throw new UsdtArgumentError(`argument ${number} (${part}) ${why}`);
    };
    const [, digits = "", where = ""] = /^(-?\d+)\s*@(.*)$/.exec(part) ?? refuse("begins with no size");
    const size = Math.abs(Number(digits));
    if (size !== 1 && size !== 2 && size !== 4 && size !== 8) return refuse("has no size of 1, 2, 4 or 8 bytes");
    return {
      size,
      signed: digits.startsWith("-"),
      place: read(where.replace(/\s+/g, "")) ?? refuse("is in no place that a program can read"),
    };
  });
}

/** `struct pt_regs` of arch/x86/include/asm/ptrace.h, 8 bytes each. */
const X64_ORDER = "r15 r14 r13 r12 bp bx r11 r10 r9 r8 ax cx dx si di orig_ax ip cs flags sp ss".split(" ");
const X64 = new Map<string, number>();
for (const [place, name] of X64_ORDER.entries()) {
  const offset = place * 8;
  if (/^r\d/.test(name)) for (const suffix of ["", "d", "w", "b"]) X64.set(name + suffix, offset);
  else if (/^(ax|bx|cx|dx)$/.test(name)) for (const form of [`r${name}`, `e${name}`, name, `${name[0]}l`]) X64.set(form, offset);
  else if (/^(si|di|bp|sp)$/.test(name)) for (const form of [`r${name}`, `e${name}`, name, `${name}l`]) X64.set(form, offset);
  else if (name === "ip") for (const form of ["rip", "eip"]) X64.set(form, offset);
}

/** `$5`, `%eax`, `-24(%rbp)`, `(%rsp)`, `8(%rbp,%rax,4)`. */
function placeX64(text: string): ArgumentPlace | null {
  const constant = /^\$(-?\d+)$/.exec(text)?.[1];
  if (constant !== undefined) return { kind: "constant", value: BigInt(constant) };
  const name = /^%(\w+)$/.exec(text)?.[1];
  if (name !== undefined) return inRegister(X64.get(name));
  const memory = /^(-?\d+)?\(%(\w+)(?:,%(\w+)(?:,([1248]))?)?\)$/.exec(text);
  if (memory === null) return null;
  const [, offset = "0", base = "", index, scale = "1"] = memory;
  const register = X64.get(base);
  if (register === undefined) return null;
  const place = { kind: "memory", register, offset: BigInt(offset) } as const;
  if (index === undefined) return place;
  const indexed = X64.get(index);
  return indexed === undefined ? null : { ...place, index: { register: indexed, shift: Math.log2(Number(scale)) } };
}

/** `5`, `x0`, `[sp]`, `[x29,-16]`. `struct user_pt_regs` of arch/arm64/include/uapi/asm/ptrace.h: x0 to x30, sp, pc. */
function placeArm64(text: string): ArgumentPlace | null {
  if (/^-?\d+$/.test(text)) return { kind: "constant", value: BigInt(text) };
  const memory = /^\[(\w+)(?:,#?(-?\d+))?\]$/.exec(text);
  if (memory === null) return inRegister(arm64Register(text));
  const register = arm64Register(memory[1] ?? "");
  return register === undefined ? null : { kind: "memory", register, offset: BigInt(memory[2] ?? 0) };
}

function arm64Register(name: string): number | undefined {
  if (name === "sp") return 31 * 8;
  const number = /^[xw](\d+)$/.exec(name)?.[1];
  return number === undefined || Number(number) > 30 ? undefined : Number(number) * 8;
}

const inRegister = (register: number | undefined): ArgumentPlace | null =>
  register === undefined ? null : { kind: "register", register };
