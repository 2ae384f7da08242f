/**
 * Formats as BPF programs know them: `bpf_bprintf_prepare` in kernel/bpf/helpers.c, which refuses most of what printf has, and
 * `bstr_printf` in lib/vsprintf.c (Linux 6.18).
 *
 * `%d %i %u %x %X` with `l`, `ll`, `%c %s %%`; of pointers `%p %pK` (hashed), `%px`, `%ps %pS %pB` (symbols), `%pks %pus` (text of the
 * kernel, of the process), `%pi4 %pI4 %pi6 %pI6` (addresses behind a pointer). Flags `-`, `+`, space and `0`, and a width; no precision.
 */

import { EINVAL, ENOSPC } from "../maps/errno.ts";
import type { HelperCall } from "./helper.ts";
import { fetchBytes, fetchText } from "./probe-read.ts";

/** The kernel formats into 1,024 bytes, NUL included (MAX_BPRINTF_BUF), and counts what would have come after. */
const LONGEST_TEXT = 1023;

/** What arguments are gathered in first (MAX_BPRINTF_BIN_ARGS): long texts among them take the place of others. */
const MOST_ARGUMENTS = 512;

/** What formatting is worth, in bytes that a helper works through: for each call, and for each character read or made. */
const FORMAT_WORK = 64 * 256;
const CHARACTER_WORK = 64 * 8;

/** Printable ASCII and white space are all that a format may have. */
const UNPRINTABLE = /[^\t-\r -~]/;

const SPECIFIER =
  /%([-+ 0]*)(\d*)(?:(l{0,2})([diuxX])|(c)|(s)(?![^\s!-/:-@[-`{-~])|p(?:([ku])s(?![^\s!-/:-@[-`{-~])|([KxsSB])|([iI])([46])|(?![^\s!-/:-@[-`{-~])))/y;

const LATIN1 = new TextDecoder("latin1");

export interface Printed {
  /** A character a byte, at most as many as there is room for. */
  readonly text: string;
  /** How long it would be without that limit. */
  readonly length: number;
}

/**
 * What is printed, or a negated error number: -EINVAL for a format without a NUL in its `size` bytes, a character that cannot be printed, an
 * unknown conversion, or one without argument; -ENOSPC for arguments of too many bytes. Texts that cannot be read are empty, addresses zero.
 * However wide or long a program wants its text, no more than the kernel's is ever made.
 */
export function formatText(
  call: HelperCall,
  format: number,
  size: number,
  args: readonly bigint[],
  room: number = LONGEST_TEXT,
): Printed | number {
  const { bytes } = call.memory;
  const end = bytes.subarray(format, Math.min(format + size, bytes.length)).indexOf(0);
  if (end < 0) return -EINVAL;
  const source = LATIN1.decode(bytes.slice(format, format + end));
  if (UNPRINTABLE.test(source)) return -EINVAL;

  let text = "";
  let length = 0;
  const put = (piece: string, whole = piece.length): void => {
    length = Math.min(length + whole, 0x7fff_ffff);
    text += piece.slice(0, Math.max(room - text.length, 0));
  };
  const gathered = new Gathered(call);
  let next = 0;
  for (let at = 0; at < source.length; ) {
    const percent = source.indexOf("%", at);
    put(source.slice(at, percent < 0 ? source.length : percent));
    if (percent < 0) break;
    if (source[percent + 1] === "%") {
      put("%");
      at = percent + 2;
      continue;
    }
    SPECIFIER.lastIndex = percent;
    const match = SPECIFIER.exec(source);
    const value = args[next++];
    if (match === null || value === undefined) return -EINVAL;
    at = SPECIFIER.lastIndex;
    const [, flags = "", digits = "", long = "", number, character, string, foreign, pointer, family, version] = match;
    const width = Number(digits);
    let piece: string | null;
    if (number !== undefined) {
      piece = gathered.word(long === "" ? 4 : 8) ? pad(formatNumber(value, long, number, flags), width, flags, room) : null;
    } else if (character !== undefined) {
      piece = gathered.take(1) ? pad(String.fromCharCode(Number(value & 0xffn)), width, flags.replace(/0/g, ""), room) : null;
    } else if (string !== undefined) {
      const read = gathered.text(value, "either");
      piece = read === null ? null : pad(read, width, flags.replace(/0/g, ""), room);
    } else {
      // Letters behind a pointer belong to it, whether they mean something or not.
      while (/[0-9a-z]/i.test(source[at] ?? "")) at++;
      if (foreign !== undefined) piece = gathered.text(value, foreign === "u" ? "user" : "kernel");
      else if (version !== undefined) piece = gathered.address(value, family === "i", version === "4" ? 4 : 16);
      else if (pointer === "B") piece = gathered.symbol(value);
      else piece = gathered.word(8) ? formatPointer(call, value, pointer, width, flags, room) : null;
    }
    if (piece === null) return -ENOSPC;
    put(piece, Math.max(piece.length, isPadded(match) ? width : 0));
  }
  call.work(FORMAT_WORK + CHARACTER_WORK * (source.length + text.length));
  return { text, length };
}

/** Whether a width counts: what was made into text beforehand has none. */
const isPadded = (match: RegExpExecArray): boolean => match[7] === undefined && match[10] === undefined && match[8] !== "B";

/** Arguments as they are gathered, in their order, before anything is formatted. */
class Gathered {
  readonly #call: HelperCall;
  #used = 0;

  constructor(call: HelperCall) {
    this.#call = call;
  }

  take(size: number): boolean {
    if (size > MOST_ARGUMENTS - this.#used) return false;
    this.#used += size;
    return true;
  }

  /** Numbers begin on multiples of four. */
  word(size: number): boolean {
    this.#used = Math.ceil(this.#used / 4) * 4;
    return this.take(size);
  }

  /** Cut to what is left, its NUL included. */
  text(pointer: bigint, side: "user" | "kernel" | "either"): string | null {
    const left = MOST_ARGUMENTS - this.#used;
    if (left === 0) return null;
    const bytes = fetchText(this.#call, side, pointer, left);
    this.#used += bytes.length + 1;
    return LATIN1.decode(bytes);
  }

  address(pointer: bigint, old: boolean, size: 4 | 16): string | null {
    if (MOST_ARGUMENTS - this.#used < size) return null;
    const text = formatAddress(fetchBytes(this.#call, pointer, size), old);
    this.#used += text.length + 1;
    return text;
  }

  symbol(address: bigint): string {
    const text = this.#call.cpu.room.symbols.describe(address, "return");
    this.#used = Math.min(this.#used + text.length + 1, MOST_ARGUMENTS);
    return text;
  }
}

function formatNumber(value: bigint, long: string, conversion: string, flags: string): string {
  const bits = long === "" ? 32 : 64;
  if (conversion === "d" || conversion === "i") {
    const signed = BigInt.asIntN(bits, value);
    const sign = signed < 0n ? "" : flags.includes("+") ? "+" : flags.includes(" ") ? " " : "";
    return `${sign}${signed}`;
  }
  const unsigned = BigInt.asUintN(bits, value);
  if (conversion === "u") return `${unsigned}`;
  const hex = unsigned.toString(16);
  return conversion === "X" ? hex.toUpperCase() : hex;
}

/** `%i4` is 001.002.003.004 and `%I4` 1.2.3.4; of IPv6 `%i6` has no colons. */
function formatAddress(bytes: Uint8Array, old: boolean): string {
  if (bytes.length === 4) return [...bytes].map((byte) => `${byte}`.padStart(old ? 3 : 1, "0")).join(".");
  const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return old ? hex : (hex.match(/.{4}/g) ?? []).join(":");
}

function formatPointer(
  call: HelperCall,
  value: bigint,
  kind: string | undefined,
  width: number,
  flags: string,
  room: number,
): string {
  const { symbols } = call.cpu.room;
  if (kind === "s" || kind === "S")
    return pad(symbols.describe(value, kind === "s" ? "name" : "place"), width, flags.replace(/0/g, ""), room);
  const hex = (kind === "x" ? value : hashed(value)).toString(16);
  // Without a width of their own they have 16 digits.
  return width === 0 ? hex.padStart(16, "0") : pad(hex, width, flags, room);
}

/** An address for people who may not know it: 32 bits of a hash, the same for the same address; null stays. */
function hashed(address: bigint): bigint {
  if (address === 0n) return 0n;
  let hash = Number(address >> 32n) ^ Number(address & 0xffff_ffffn);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85eb_ca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2_ae35);
  return BigInt((hash ^ (hash >>> 16)) >>> 0);
}

/** To a width, of which no more is made than there is room for. */
function pad(text: string, wanted: number, flags: string, room: number): string {
  const width = Math.min(wanted, room + text.length);
  if (flags.includes("-")) return text.padEnd(width);
  if (!flags.includes("0")) return text.padStart(width);
  const sign = /^[-+ ]?/.exec(text)?.[0] ?? "";
  return sign + text.slice(sign.length).padStart(width - sign.length, "0");
}
