/**
 * Instructions as text, in the kernel's notation: what kernel/bpf/disasm.c writes into a verifier's log and `bpftool prog dump
 * xlated` prints, without the opcode in parentheses. `assemble` reads all of it back.
 *
 * Where the kernel's text loses something, more is printed: a 64-bit immediate ends in ` ll` (as LLVM writes it; in the
 * kernel's text only the opcode tells it from a move), a module's kfunc ends in `@` and the index of the module.
 * References to maps look as in bpftool: `map[fd:3]`, `map[fd:3][0]+8`, `map[idx:0]`, `map[idx:0][0]+8`, `subprog[+4]`; a
 * BTF variable is `btf[id:7]`, in a module `btf[id:7,fd:3]`. Call by register is LLVM's `callx r1`.
 */

import { type Instruction, slots, wideValue } from "./instruction.ts";
import { targetOf } from "./jumps.ts";
import { ALU_OPS, ATOMIC_OPS, JUMP_CONDITIONS, type Operation } from "./opcodes.ts";
import { operationOf } from "./operation.ts";

export interface PrintOptions {
  /** Names helpers: `call bpf_map_lookup_elem#1`. Without it, or when it returns null, `call unknown#1` as the kernel says. */
  readonly helperName?: (id: number) => string | null;
  /**
   * Instructions as the kernel keeps them after its verifier rewrote them: there is a register r11 that no program has (`BPF_REG_AX`), a barrier
   * against speculation (`nospec`), and a move that makes an address of this CPU's (`&(void __percpu *)`). `assemble` refuses these.
   */
  readonly translated?: boolean;
}

export interface PrintProgramOptions extends PrintOptions {
  /** The slot of the first instruction; default 0. */
  readonly firstSlot?: number;
}

/** One line, without a line end. What is not well-formed prints as the five raw fields, which `assemble` refuses. */
export function print(instruction: Instruction, options: PrintOptions = {}): string {
  const operation = operationOf(instruction);
  if (operation !== null) return printOperation(operation, instruction, options);
  const translated = options.translated === true ? printTranslated(instruction, options) : null;
  if (translated !== null) return translated;
  const { opcode, dst, src, offset, imm, high } = instruction;
  return `invalid opcode=0x${opcode.toString(16)} dst=${dst} src=${src} offset=${offset} imm=${imm} high=${high}`;
}

/** One line for each instruction, with the slot it begins at; jumps and local calls say where they lead. */
export function printProgram(instructions: readonly Instruction[], options: PrintProgramOptions = {}): string {
  const lines: string[] = [];
  let slot = options.firstSlot ?? 0;
  for (const instruction of instructions) {
    const text = print(instruction, options);
    const target = targetOf(instruction, slot);
    const line = `${String(slot).padStart(4)}: ${text}`;
    lines.push(target === null ? line : `${line.padEnd(44)} ; ${target}`);
    slot += slots(instruction);
  }
  return lines.map((line) => `${line}\n`).join("");
}

/** `BPF_ST | BPF_NOSPEC` of linux/filter.h, and `BPF_ADDR_PERCPU`, a variant of a 64-bit move. */
const NOSPEC = 0xc0;
const MOVE = 0xbf;
const ADDR_PERCPU = -1;
const LAST_REGISTER = 10;

function printTranslated(instruction: Instruction, options: PrintOptions): string | null {
  const { opcode, dst, src, offset } = instruction;
  if (opcode === NOSPEC) return "nospec";
  if (opcode === MOVE && offset === ADDR_PERCPU) return `r${dst} = &(void __percpu *)(r${src})`;
  if (Math.max(dst, src) !== LAST_REGISTER + 1) return null;
  const visible = { ...instruction, dst: Math.min(dst, LAST_REGISTER), src: Math.min(src, LAST_REGISTER) };
  const operation = operationOf(visible);
  return operation === null ? null : printOperation(operation, instruction, options);
}

function printOperation(operation: Operation, instruction: Instruction, options: PrintOptions): string {
  const { dst, src, offset, imm } = instruction;
  switch (operation.kind) {
    case "alu-reg":
      return `${register(operation.bits, dst)} ${ALU_OPS[operation.op].symbol} ${register(operation.bits, src)}`;
    case "alu-imm":
      return `${register(operation.bits, dst)} ${ALU_OPS[operation.op].symbol} ${imm}`;
    case "mov-reg":
      return `${register(operation.bits, dst)} = ${register(operation.bits, src)}`;
    case "mov-imm":
      return `${register(operation.bits, dst)} = ${imm}`;
    case "mov-sign-extend":
      return `${register(operation.bits, dst)} = (s${operation.from})${register(operation.bits, src)}`;
    case "neg":
      return `${register(operation.bits, dst)} = -${register(operation.bits, dst)}`;
    case "endian":
      return `r${dst} = ${operation.order === "swap" ? "bswap" : operation.order}${operation.bits} r${dst}`;
    case "address-space-cast":
      return `r${dst} = addr_space_cast(r${src}, ${operation.to}, ${operation.from})`;
    case "load":
      return `r${dst} = *(u${operation.size * 8} *)(${address(src, offset)})`;
    case "load-signed":
      return `r${dst} = *(s${operation.size * 8} *)(${address(src, offset)})`;
    case "store":
      return `*(u${operation.size * 8} *)(${address(dst, offset)}) = r${src}`;
    case "store-imm":
      return `*(u${operation.size * 8} *)(${address(dst, offset)}) = ${imm}`;
    case "load-acquire":
      return `r${dst} = load_acquire((u${operation.size * 8} *)(${address(src, offset)}))`;
    case "store-release":
      return `store_release((u${operation.size * 8} *)(${address(dst, offset)}), r${src})`;
    case "atomic":
      return printAtomic(operation, instruction);
    case "packet-absolute":
      return `r0 = *(u${operation.size * 8} *)skb[${imm}]`;
    case "packet-indirect":
      return `r0 = *(u${operation.size * 8} *)skb[r${src} + ${imm}]`;
    case "wide":
      return `r${dst} = ${printWide(operation, instruction)}`;
    case "jump":
      return `goto pc${signed(offset)}`;
    case "jump-long":
      return `gotol pc${signed(imm)}`;
    case "may-goto":
      return `may_goto pc${signed(offset)}`;
    case "jump-reg": {
      const { symbol } = JUMP_CONDITIONS[operation.condition];
      return `if ${register(operation.bits, dst)} ${symbol} ${register(operation.bits, src)} goto pc${signed(offset)}`;
    }
    case "jump-imm": {
      const { symbol } = JUMP_CONDITIONS[operation.condition];
      return `if ${register(operation.bits, dst)} ${symbol} ${hexadecimal(imm)} goto pc${signed(offset)}`;
    }
    case "call-helper":
      return `call ${options.helperName?.(imm) ?? "unknown"}#${imm}`;
    case "call-local":
      return `call pc${signed(imm)}`;
    case "call-kfunc":
      return `call kernel-function#${imm}${offset === 0 ? "" : `@${offset}`}`;
    case "call-register":
      return `callx r${dst}`;
    case "exit":
      return "exit";
  }
}

function printAtomic(operation: Operation & { readonly kind: "atomic" }, { dst, src, offset }: Instruction): string {
  const place = `*(u${operation.size * 8} *)(${address(dst, offset)})`;
  if (!operation.fetch) return `lock ${place} ${ATOMIC_OPS[operation.op].symbol} r${src}`;
  const prefix = operation.size === 8 ? "atomic64" : "atomic";
  const pointer = `(u${operation.size * 8} *)(${address(dst, offset)})`;
  if (operation.op === "cmpxchg") return `r0 = ${prefix}_cmpxchg(${pointer}, r0, r${src})`;
  if (operation.op === "xchg") return `r${src} = ${prefix}_xchg(${pointer}, r${src})`;
  return `r${src} = ${prefix}_fetch_${operation.op}(${pointer}, r${src})`;
}

function printWide(operation: Operation & { readonly kind: "wide" }, instruction: Instruction): string {
  const { imm, high } = instruction;
  switch (operation.loads) {
    case "imm":
      return `0x${wideValue(instruction).toString(16)} ll`;
    case "map":
      return `map[fd:${imm}]`;
    case "map-value":
      return `map[fd:${imm}][0]+${high >>> 0}`;
    case "map-index":
      return `map[idx:${imm}]`;
    case "map-index-value":
      return `map[idx:${imm}][0]+${high >>> 0}`;
    case "btf":
      return high === 0 ? `btf[id:${imm}]` : `btf[id:${imm},fd:${high}]`;
    case "function":
      return `subprog[${signed(imm)}]`;
  }
}

function register(bits: 32 | 64, number: number): string {
  return `${bits === 32 ? "w" : "r"}${number}`;
}

function address(base: number, offset: number): string {
  return `r${base} ${signed(offset)}`;
}

function signed(value: number): string {
  return value < 0 ? String(value) : `+${value}`;
}

/** The kernel writes immediates of conditions as 32 unsigned bits. */
function hexadecimal(value: number): string {
  return `0x${(value >>> 0).toString(16)}`;
}
