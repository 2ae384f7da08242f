/** The operands of assembler text: registers, places in memory, numbers. */

import type { Size } from "./opcodes.ts";
import type { Scanner, Token } from "./scanner.ts";

export interface Register {
  readonly bits: 32 | 64;
  readonly number: number;
  readonly token: Token;
}

/** `(u32 *)(r1 +4)` */
export interface Place {
  readonly size: Size;
  readonly signed: boolean;
  readonly base: number;
  readonly offset: number;
}

export function isRegister(token: Token): boolean {
  return /^[rw][0-9]+$/.test(token.text);
}

export function register(scanner: Scanner): Register {
  if (!isRegister(scanner.next)) throw scanner.unexpected("a register");
  const token = scanner.take();
  const number = Number(token.text.slice(1));
  if (number > 10 || String(number) !== token.text.slice(1)) {
    throw scanner.error(`there is no register '${token.text}'; they are r0 to r10 (w0 to w10 for their lower half)`, token);
  }
  return { bits: token.text.startsWith("w") ? 32 : 64, number, token };
}

export function wholeRegister(scanner: Scanner): Register {
  const result = register(scanner);
  if (result.bits === 32) throw scanner.error(`the whole register is needed here: write r${result.number}`, result.token);
  return result;
}

export function sameWidth(scanner: Scanner, other: Register): Register {
  const result = register(scanner);
  if (result.bits !== other.bits) {
    const written = `${other.bits === 32 ? "w" : "r"}${result.number}`;
    throw scanner.error(`both registers have one width: write ${written} beside ${other.token.text}`, result.token);
  }
  return result;
}

/** `(u32 *)` */
export function memoryType(scanner: Scanner): { readonly size: Size; readonly signed: boolean } {
  scanner.expect("(");
  const type = scanner.take();
  const found = /^([us])(8|16|32|64)$/.exec(type.text);
  if (found === null)
    throw scanner.error(`'${type.text}' is no type of memory; those are u8, u16, u32, u64, s8, s16 and s32`, type);
  scanner.expect("*");
  scanner.expect(")");
  return { size: (Number(found[2]) / 8) as Size, signed: found[1] === "s" };
}

/** What `*(u64 *)…` takes or gives: LLVM writes w registers for the smaller sizes, the kernel always r registers. */
export function registerFor(scanner: Scanner, size: Size): Register {
  const result = register(scanner);
  checkHolds(scanner, result, size);
  return result;
}

export function checkHolds(scanner: Scanner, { bits, number, token }: Register, size: Size): void {
  if (bits === 32 && size === 8) throw scanner.error(`64 bits of memory need the whole register: write r${number}`, token);
}

/** A place whose type has no sign. */
export function unsignedPlace(scanner: Scanner): Place {
  const at = scanner.next;
  const result = place(scanner);
  if (result.signed) throw scanner.error("only a load extends a sign: write u8, u16, u32 or u64 here", at);
  return result;
}

/** `(u32 *)(r1 +4)` */
export function place(scanner: Scanner): Place {
  const type = memoryType(scanner);
  scanner.expect("(");
  const result = { ...type, ...baseAndOffset(scanner) };
  scanner.expect(")");
  return result;
}

/** `r1 +4`; `r1` alone is `r1 +0`. */
export function baseAndOffset(scanner: Scanner): { readonly base: number; readonly offset: number } {
  const base = wholeRegister(scanner).number;
  const { text } = scanner.next;
  return { base, offset: text === "+" || text === "-" ? signedOffset(scanner) : 0 };
}

export function addressSpace(scanner: Scanner): 0 | 1 {
  const token = scanner.take();
  if (token.text === "0" || token.text === "0x0") return 0;
  if (token.text === "1" || token.text === "0x1") return 1;
  throw scanner.error(`'${token.text}' is no address space; those are 0 and 1`, token);
}

/** The offset field of a kfunc call. */
export function moduleIndex(scanner: Scanner): number {
  const at = scanner.next;
  const value = signedOffset(scanner);
  if (value < 0) throw scanner.error(`${value} is no index of a module; those are 0 to 32767`, at);
  return value;
}

/** A number with its sign, of 16 bits. */
export function signedOffset(scanner: Scanner): number {
  const at = scanner.next;
  const value = signedNumber(scanner);
  if (value < -32768 || value > 32767)
    throw scanner.error(`${value} does not fit into an offset of 16 bits: -32768 to 32767`, at);
  return value;
}

/** A number with its sign, of 32 bits. */
export function signedNumber(scanner: Scanner): number {
  const at = scanner.next;
  if (at.text === "+") scanner.take();
  const value = number(scanner);
  if (value < -(1n << 31n) || value >= 1n << 31n) throw scanner.error(`${value} does not fit into 32 bits`, at);
  return Number(value);
}

/**
 * An immediate of 32 bits. An operation of 32 bits may write it unsigned. One of 64 bits extends its sign: 0xffffffff would
 * silently become -1, so that is refused.
 */
export function immediate(scanner: Scanner, bits: 32 | 64): number {
  const at = scanner.next;
  const value = number(scanner);
  if (value < -(1n << 31n) || value >= 1n << 32n) {
    throw scanner.error("the number does not fit into 32 bits; load it with 'r1 = 0x… ll' first", at);
  }
  if (bits === 64 && value >= 1n << 31n) {
    const meaning = BigInt.asIntN(32, value);
    throw scanner.error(
      `an immediate is sign-extended to 64 bits: write ${meaning} if that is meant, else load it with 'r1 = 0x… ll'`,
      at,
    );
  }
  return Number(BigInt.asIntN(32, value));
}

/** Decimal or hexadecimal, with or without a minus. */
export function number(scanner: Scanner): bigint {
  const negative = scanner.takeIf("-");
  if (scanner.next.kind !== "number") throw scanner.unexpected("a number");
  const value = BigInt(scanner.take().text);
  return negative ? -value : value;
}
