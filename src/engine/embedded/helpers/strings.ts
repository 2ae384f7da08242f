/** Text in and out: numbers from text, comparing, formatting (kernel/bpf/helpers.c, kernel/trace/bpf_trace.c, Linux 6.18). */

import { EINVAL, ERANGE } from "./errors.ts";
import { type Helper, type HelperCall, helper } from "./helper.ts";
import { formatText } from "./printk.ts";

/** MAX_BPRINTF_VARARGS, eight bytes each. */
const MOST_DATA = 12 * 8;

/** Without a limit: a format that ends with a NUL. */
const ENDLESS = 0xffff_ffff;

/** What handing a line to the host is worth, in bytes. */
const PRINT_WORK = 64 * 1024;

const utf8 = new TextDecoder();

/** Text for the host; how many bytes it would have in full. */
function print(call: HelperCall, format: number, size: number, args: readonly bigint[]): number {
  const printed = formatText(call, format >>> 0, size >>> 0, args);
  if (typeof printed === "number") return printed;
  // Whoever reads it does something with each.
  call.work(PRINT_WORK);
  call.cpu.room.print(utf8.decode(latin1(printed.text)), call.cpu.id);
  return printed.length;
}

/** A byte a character. */
export function latin1(text: string): Uint8Array {
  return Uint8Array.from(text, (character) => character.charCodeAt(0));
}

/** Words of an array of arguments; null for a size that is none. */
export function words({ memory }: HelperCall, data: number, size: number): bigint[] | null {
  if (size % 8 !== 0 || size > MOST_DATA || size < 0 || (size > 0 && data === 0)) return null;
  return Array.from({ length: size / 8 }, (_, index) => memory.view.getBigUint64((data >>> 0) + index * 8, true));
}

function snprintf(call: HelperCall, to: number, size: number, format: number, data: number, dataSize: number): number {
  const args = words(call, data, dataSize);
  if (args === null) return -EINVAL;
  const printed = formatText(call, format >>> 0, ENDLESS, args, Math.max(size - 1, 0));
  if (typeof printed === "number") return printed;
  if (size > 0) {
    call.memory.bytes.set(latin1(printed.text), to >>> 0);
    call.memory.bytes[(to >>> 0) + printed.text.length] = 0;
  }
  return printed.length + 1;
}

/** `isspace` of the kernel: Latin-1's hard space is one. */
const isSpace = (byte: number): boolean => (byte >= 9 && byte <= 13) || byte === 32 || byte === 160;

interface Parsed {
  readonly value: bigint;
  readonly negative: boolean;
  /** Bytes that the number took, with what stood before it. */
  readonly consumed: number;
}

/** `__bpf_strtoull`: a number, or a negated error number. */
function parseNumber({ memory }: HelperCall, text: number, size: number, flags: number, flagsHigh: number): Parsed | number {
  if (size === 0 || flagsHigh !== 0 || (flags & ~0x1f) !== 0 || ![0, 8, 10, 16].includes(flags)) return -EINVAL;
  const bytes = memory.bytes.subarray(text >>> 0, (text >>> 0) + size);
  let at = 0;
  while (at < size && isSpace(bytes[at]!)) at++;
  const negative = bytes[at] === 0x2d;
  if (negative) at++;
  if (at === size) return -EINVAL;
  // No more than 63 characters are looked at.
  const digits = String.fromCharCode(...bytes.subarray(at, Math.min(size, at + 63)));
  const prefixed = /^0x[0-9a-f]/i.test(digits);
  const base = flags !== 0 ? flags : prefixed ? 16 : digits.startsWith("0") ? 8 : 10;
  const prefix = base === 16 && /^0x/i.test(digits) ? 2 : 0;
  const pattern = base === 16 ? /^[0-9a-f]*/i : base === 8 ? /^[0-7]*/ : /^[0-9]*/;
  const number = pattern.exec(digits.slice(prefix))?.[0] ?? "";
  if (number === "") return -EINVAL;
  const value = BigInt(base === 16 ? `0x${number}` : base === 8 ? `0o${number}` : number);
  if (value >= 1n << 64n) return -ERANGE;
  return { value, negative, consumed: at + prefix + number.length };
}

function toNumber(signed: boolean): Helper["run"] {
  return (call, text, size, flags, result) => {
    const { view } = call.memory;
    view.setBigUint64(result >>> 0, 0n, true);
    const parsed = parseNumber(call, text, size, flags, call.highOf(3));
    if (typeof parsed === "number") return parsed;
    const { value, negative, consumed } = parsed;
    if (!signed && negative) return -EINVAL;
    if (signed && (negative ? value > 1n << 63n : value >= 1n << 63n)) return -ERANGE;
    view.setBigUint64(result >>> 0, BigInt.asUintN(64, negative ? -value : value), true);
    return consumed;
  };
}

const NUMBER = ["read", "size", "wide", { memory: 8, write: true }] as const;

const ENAMETOOLONG = 36;

/** `bpf_d_path` of paths that the room named. @returns the length with the NUL. Linux 5.10. */
export const PATHS: readonly Helper[] = [
  helper("bpf_d_path", ["wide", "write", "size"], "int", (call, path, to, size) => {
    if (size === 0) return 0;
    const name = call.highOf(1) === 0 ? call.cpu.room.kernel.pathAt(path >>> 0) : undefined;
    if (name === undefined)
      throw call.fault(
        'nobody named the path at that address; give a field of type struct path its text (f_path: "/etc/passwd")',
      );
    const bytes = new TextEncoder().encode(`${name}\0`);
    if (bytes.length > size) return -ENAMETOOLONG;
    call.memory.bytes.set(bytes, to >>> 0);
    return bytes.length;
  }),
];

/** What programs of every type may call. */
export const STRINGS: readonly Helper[] = [
  helper("bpf_trace_printk", ["read", "size", "wide", "wide", "wide"], "int", (call, format, size, a, b, c) => {
    const wide = (low: number, argument: number): bigint => (BigInt(call.highOf(argument) >>> 0) << 32n) | BigInt(low >>> 0);
    return print(call, format, size, [wide(a, 3), wide(b, 4), wide(c, 5)]);
  }),
  helper("bpf_trace_vprintk", ["read", "size", "read?", "size"], "int", (call, format, size, data, dataSize) => {
    const args = words(call, data, dataSize);
    return args === null ? -EINVAL : print(call, format, size, args);
  }),
  helper("bpf_snprintf", ["write?", "size", "string", "read?", "size"], "int", snprintf),
  helper("bpf_strtol", NUMBER, "int", toNumber(true)),
  helper("bpf_strtoul", NUMBER, "int", toNumber(false)),
  helper("bpf_strncmp", ["read", "size", "string"], "int", ({ memory: { bytes } }, one, size, other) => {
    for (let index = 0; index < size; index++) {
      const left = bytes[(one >>> 0) + index]!;
      const right = bytes[(other >>> 0) + index]!;
      if (left !== right) return left < right ? -1 : 1;
      if (left === 0) break;
    }
    return 0;
  }),
];
