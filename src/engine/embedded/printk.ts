/**
 * Formats as `bpf_trace_printk` knows them (`bpf_bprintf_prepare` in kernel/bpf/helpers.c): `%d %i %u %x %X %c %p %s %%`
 * with the flags `-`, `+`, space and `0`, a width, `l` and `ll`; `%pks %pus` are strings, `%pi4 %pI4` an IPv4 address, `%px %pK %pB` pointers.
 */

import type { AddressSpace } from "./access.ts";
import type { Memory } from "./memory.ts";

const CONVERSION = /%(?:%|([-+ 0]*)(\d*)(?:(ll|l)?([diuxXc])|(pks|pus|s)|p([iI])4|p([KxSsB]?)))/y;

/**
 * The text, or null when the kernel would refuse it: no NUL at the end of the format, an unknown conversion, more than
 * three arguments, a string or address that the program may not read.
 */
export function formatPrintk(
  memory: Memory,
  space: AddressSpace,
  format: number,
  size: number,
  args: readonly bigint[],
): string | null {
  const bytes = memory.bytes.slice(format, format + size);
  const end = bytes.indexOf(0);
  if (end !== size - 1) return null;
  const text = String.fromCharCode(...bytes.subarray(0, end));

  let out = "";
  let next = 0;
  for (let at = 0; at < text.length; ) {
    if (text[at] !== "%") {
      if (text.charCodeAt(at) > 0x7e) return null;
      out += text[at++];
      continue;
    }
    CONVERSION.lastIndex = at;
    const match = CONVERSION.exec(text);
    if (match === null) return null;
    at += match[0].length;
    if (match[0] === "%%") {
      out += "%";
      continue;
    }
    const value = args[next++];
    if (value === undefined) return null;
    const [, flags = "", width = "", length = "", number, string, address] = match;
    let piece: string | null;
    if (number !== undefined) piece = formatNumber(value, length, number, flags);
    else if (string !== undefined) piece = readString(memory, space, value);
    else if (address !== undefined) piece = readAddress(memory, space, value);
    else piece = value.toString(16).padStart(16, "0");
    if (piece === null) return null;
    out += pad(piece, Number(width), flags);
  }
  return out;
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
