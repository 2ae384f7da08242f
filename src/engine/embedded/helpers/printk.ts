/**
 * Formats as `bpf_trace_printk` knows them (`bpf_bprintf_prepare` in kernel/bpf/helpers.c): `%d %i %u %x %X %c %p %s %%`
 * with the flags `-`, `+`, space and `0`, a width, `l` and `ll`; `%pks %pus` are strings, `%pi4 %pI4` an IPv4 address, `%px %pK %pB` pointers.
 */

import type { AddressSpace } from "../access.ts";
import type { Memory } from "../memory.ts";

const CONVERSION = /%(?:%|([-+ 0]*)(\d*)(?:(ll|l)?([diuxXc])|(pks|pus|s)|p([iI])4|p([KxSsB]?)))/y;

/** The kernel formats into 1,024 bytes, NUL included (MAX_BPRINTF_BUF), and counts what would have come after. */
const LONGEST_TEXT = 1023;

/** Printable ASCII and white space are all that a format may have. */
const UNPRINTABLE = /[^\t-\r -~]/;

const LATIN1 = new TextDecoder("latin1");

export interface Printed {
  /** At most 1,023 characters. */
  readonly text: string;
  /** How long it would be without that limit. */
  readonly length: number;
}

/**
 * What is printed, or null when the kernel would refuse the format: without a NUL in its `size` bytes (it ends at the first),
 * a character that cannot be printed, an unknown conversion, more than three arguments, a string or address that the
 * program may not read. However wide or long a program wants its text, no more than the kernel's is ever made.
 */
export function formatPrintk(
  memory: Memory,
  space: AddressSpace,
  format: number,
  size: number,
  args: readonly bigint[],
): Printed | null {
  const end = memory.bytes.subarray(format, format + size).indexOf(0);
  if (end < 0) return null;
  const source = LATIN1.decode(memory.bytes.slice(format, format + end));
  if (UNPRINTABLE.test(source)) return null;

  let text = "";
  let length = 0;
  const put = (piece: string, whole = piece.length): void => {
    length = Math.min(length + whole, 0x7fff_ffff);
    text += piece.slice(0, LONGEST_TEXT - text.length);
  };
  let next = 0;
  for (let at = 0; at < source.length; ) {
    const percent = source.indexOf("%", at);
    put(source.slice(at, percent < 0 ? source.length : percent));
    if (percent < 0) break;
    CONVERSION.lastIndex = percent;
    const match = CONVERSION.exec(source);
    if (match === null) return null;
    at = CONVERSION.lastIndex;
    if (match[0] === "%%") {
      put("%");
      continue;
    }
    const value = args[next++];
    if (value === undefined) return null;
    const [, flags = "", digits = "", size = "", number, string, address] = match;
    let piece: string | null;
    if (number !== undefined) piece = formatNumber(value, size, number, flags);
    else if (string !== undefined) piece = readString(memory, space, value);
    else if (address !== undefined) piece = readAddress(memory, space, value);
    else piece = value.toString(16).padStart(16, "0");
    if (piece === null) return null;
    const width = Number(digits);
    put(pad(piece, Math.min(width, LONGEST_TEXT + piece.length), flags), Math.max(width, piece.length));
  }
  return { text, length };
}

function formatNumber(value: bigint, length: string, conversion: string, flags: string): string {
  const bits = length === "" ? 32 : 64;
  if (conversion === "c") return String.fromCharCode(Number(value & 0xffn));
  const unsigned = BigInt.asUintN(bits, value);
  switch (conversion) {
    case "d":
    case "i": {
      const signed = BigInt.asIntN(bits, value);
      const sign = signed < 0n ? "" : flags.includes("+") ? "+" : flags.includes(" ") ? " " : "";
      return `${sign}${signed}`;
    }
    case "u":
      return `${unsigned}`;
    default: {
      const hex = unsigned.toString(16);
      return conversion === "X" ? hex.toUpperCase() : hex;
    }
  }
}

function pad(text: string, width: number, flags: string): string {
  if (flags.includes("-")) return text.padEnd(width);
  if (!flags.includes("0")) return text.padStart(width);
  const sign = /^[-+ ]?/.exec(text)?.[0] ?? "";
  return sign + text.slice(sign.length).padStart(width - sign.length, "0");
}

function readString(memory: Memory, space: AddressSpace, pointer: bigint): string | null {
  if (pointer > 0xffff_ffffn) return null;
  let text = "";
  for (let at = Number(pointer); text.length < 512; at++) {
    if (!space.allows(at, 1, false)) return null;
    const byte = memory.bytes[at]!;
    if (byte === 0) break;
    text += String.fromCharCode(byte);
  }
  return text;
}

function readAddress(memory: Memory, space: AddressSpace, pointer: bigint): string | null {
  if (pointer > 0xffff_ffffn || !space.allows(Number(pointer), 4, false)) return null;
  return memory.bytes.slice(Number(pointer), Number(pointer) + 4).join(".");
}
