/** Strings that the verifier reads itself: constant ones in read-only maps, and formats of `bpf_snprintf`. */

import { checkMapValueRange } from "../memory/region.ts";
import { isConstant } from "../numbers/bounds.ts";
import type { MapFacts } from "../program.ts";
import { refuse } from "../refusal.ts";
import { PTR_TO_MAP_VALUE } from "../state/types.ts";
import type { Walk } from "../walk/walk.ts";

/** The register points at a string in a map that nobody writes any more (`check_reg_const_str`). */
export function checkConstantString(walk: Walk, index: number): void {
  const reg = walk.reg(index);
  const { map } = reg;
  if (reg.type !== PTR_TO_MAP_VALUE || map === null) refuse(`R${index} does not point to a map value`, "EINVAL");
  const { contents } = map;
  if (contents === null) refuse(`R${index} does not point to a readonly map'`);
  if (!isConstant(reg.bounds)) refuse(`R${index} is not a constant address'`);
  if (map.type !== "array") refuse("no direct value access support for this map type");
  checkMapValueRange(walk, index, 0, map.valueSize - reg.off, false);
  const start = reg.off + reg.bounds.valueLo;
  if (map.maxEntries !== 1) refuse("direct value access on string failed", "ENOTSUPP");
  if (start < 0 || start >= map.valueSize) refuse("direct value access on string failed", "EINVAL");
  if (stringAt(map, contents, start) === null) refuse("string is not zero-terminated", "EINVAL");
}

/** Bytes up to the zero; what the map was not filled with is zero. */
function stringAt(map: MapFacts, contents: Uint8Array, start: number): Uint8Array | null {
  for (let at = start; at < map.valueSize; at++) if ((contents[at] ?? 0) === 0) return contents.subarray(start, at);
  return null;
}

/** `bpf_snprintf(str, size, fmt, data, data_len)`: the format suits as many values as `data` has (`check_bpf_snprintf_call`). */
export function checkFormatCall(walk: Walk): void {
  const format = walk.reg(3);
  const length = walk.reg(5).bounds;
  if ((length.valueLo & 7) !== 0) refuse("", "EINVAL");
  const { map } = format;
  const text = map?.contents == null ? null : stringAt(map, map.contents, format.off + format.bounds.valueLo);
  if (text === null || !isFormat(text, length.valueLo >>> 3)) refuse("Invalid format string", "EINVAL");
}

/** Whether every `%` is one that the kernel knows, and there are no more of them than values (`bpf_bprintf_prepare`). */
export function isFormat(text: Uint8Array, values: number): boolean {
  const at = (index: number) => text[index] ?? 0;
  let found = 0;
  let i = 0;
  while (i < text.length) {
    const c = at(i++);
    if (c < 0x80 && !isPrintable(c) && !isSpace(c)) return false;
    if (c !== PERCENT) continue;
    if (at(i) === PERCENT) {
      i++;
      continue;
    }
    if (found++ >= values) return false;
    while (at(i) === 0x30 || at(i) === 0x2b || at(i) === 0x2d || at(i) === 0x20) i++;
    if (at(i) >= 0x31 && at(i) <= 0x39) while (at(i) >= 0x30 && at(i) <= 0x39) i++;
    const length = conversionLength(at, i);
    if (length === 0) return false;
    i += length;
  }
  return true;
}

const PERCENT = 0x25;

/** Bytes of the conversion at `i` after its width; 0: there is none. */
function conversionLength(at: (index: number) => number, i: number): number {
  switch (letter(at(i))) {
    case "p":
      return pointerLength(at, i);
    case "s":
      return endsConversion(at(i + 1)) ? 1 : 0;
    case "c":
      return 1;
  }
  let length = 0;
  while (length < 2 && letter(at(i + length)) === "l") length++;
  return "iduxX".includes(letter(at(i + length))) ? length + 1 : 0;
}

/** `%p`, `%px`, `%pK`, `%ps`, `%pS`, `%pB`, `%pks`, `%pus`, `%pi4`, `%pI4`, `%pi6`, `%pI6`. */
function pointerLength(at: (index: number) => number, i: number): number {
  const kind = at(i + 1);
  if (endsConversion(kind)) return 1;
  const first = letter(kind);
  const second = letter(at(i + 2));
  if ((first === "k" || first === "u") && second === "s") return endsConversion(at(i + 3)) ? 3 : 0;
  if ("KxsSB".includes(first)) return 2;
  return (first === "i" || first === "I") && (second === "4" || second === "6") ? 3 : 0;
}

/** A byte that is not ASCII is no letter of any conversion. */
function letter(c: number): string {
  return c === 0 || c >= 0x80 ? "\0" : String.fromCharCode(c);
}

function endsConversion(c: number): boolean {
  return c === 0 || isSpace(c) || isPunctuation(c);
}

function isPrintable(c: number): boolean {
  return c >= 0x20 && c < 0x7f;
}

/** As the kernel's ctype: 0xa0 is a space of Latin-1. */
function isSpace(c: number): boolean {
  return c === 0x20 || (c >= 0x09 && c <= 0x0d) || c === 0xa0;
}

/** The kernel's ctype is Latin-1. */
function isPunctuation(c: number): boolean {
  if (c >= 0x80) return (c >= 0xa1 && c <= 0xbf) || c === 0xd7 || c === 0xf7;
  return isPrintable(c) && c !== 0x20 && !/[0-9A-Za-z]/.test(String.fromCharCode(c));
}
