/** One register as the kernel's log prints it: `P7`, `map_value(map=m,ks=4,vs=8)`, `pkt(id=2,r=14,umax=60)`. */

import { isConstant } from "../numbers/bounds.ts";
import { ADD_CONST, type Reg } from "../state/register.ts";
import {
  BASE_TYPE,
  CONST_PTR_TO_DYNPTR,
  CONST_PTR_TO_MAP,
  isPacketPointer,
  NON_OWN_REF,
  PTR_TO_ARENA,
  PTR_TO_BTF_ID,
  PTR_TO_MAP_KEY,
  PTR_TO_MAP_VALUE,
  PTR_TO_MEM,
  PTR_TO_STACK,
  SCALAR,
} from "../state/types.ts";
import { bitsText, rangesText, signed64, signedText, unsignedText } from "./numbers.ts";
import { dynptrName, typeName } from "./types.ts";

/** @param frame the number of the frame that it stands in: pointers into others say which. */
export function printRegister(reg: Reg, frame: number, era: number): string {
  return era >= 608 ? printNow(reg, frame, era) : printBefore68(reg, era);
}

function printNow(reg: Reg, frame: number, era: number): string {
  const { type, bounds } = reg;
  const base = type & BASE_TYPE;
  const fixed = isConstant(bounds);
  const precise = type === SCALAR && reg.precise ? "P" : "";
  if (type === SCALAR && fixed) return precise + signedText(signed64(bounds.valueLo, bounds.valueHi));
  let text = precise + typeName(type, era);
  if (type === PTR_TO_ARENA) return text;
  if (type === PTR_TO_STACK) {
    if (reg.frame !== frame) text += `[${reg.frame}]`;
    if (fixed) return text + signedText(signed64(bounds.valueLo, bounds.valueHi) + BigInt(reg.off));
  }
  if (base === PTR_TO_BTF_ID) text += structName(reg);
  const fields: string[] = [];
  // A register that equals others plus a constant: `id=3+8`.
  const added = (reg.id & ADD_CONST) === 0 ? "" : `${reg.off < 0 ? "" : "+"}${reg.off}`;
  if (reg.id !== 0) fields.push(`id=${reg.id & ~ADD_CONST}${added}`);
  if (reg.refId !== 0) fields.push(`ref_obj_id=${reg.refId}`);
  if ((type & NON_OWN_REF) !== 0) fields.push("non_own_ref");
  if (isMapType(base)) fields.push(...mapFields(reg, era));
  if (type !== SCALAR && reg.off !== 0) fields.push(`off=${signedText(BigInt(reg.off))}`);
  if (isPacketPointer(type)) fields.push(`r=${unsignedText(BigInt.asUintN(64, BigInt(reg.range)))}`);
  if (base === PTR_TO_MEM) fields.push(`sz=${unsignedText(BigInt(reg.memSize >>> 0))}`);
  if (type === CONST_PTR_TO_DYNPTR) fields.push(`type=${dynptrName(reg.dynptrType)}`);
  if (fixed) {
    const value = signed64(bounds.valueLo, bounds.valueHi);
    if (value !== 0n) fields.push(`imm=${signedText(value)}`);
  } else {
    fields.push(...rangesText(bounds, era));
    if ((bounds.maskLo & bounds.maskHi) !== -1) fields.push(`var_off=${bitsText(bounds, era)}`);
  }
  return `${text}(${fields.join(",")})`;
}

/** Offsets and sizes were always printed, immediates in hexadecimal without a prefix. */
function printBefore68(reg: Reg, era: number): string {
  const { type, bounds } = reg;
  const base = type & BASE_TYPE;
  const fixed = isConstant(bounds);
  const precise = type === SCALAR && reg.precise ? "P" : "";
  if ((type === SCALAR || type === PTR_TO_STACK) && fixed) {
    const value = signed64(bounds.valueLo, bounds.valueHi) + BigInt(reg.off);
    return `${precise}${type === SCALAR ? "" : typeName(type, era)}${value}`;
  }
  const fields: string[] = [];
  if (reg.id !== 0) fields.push(`id=${reg.id & ~ADD_CONST}`);
  if (reg.refId !== 0) fields.push(`ref_obj_id=${reg.refId}`);
  if ((type & NON_OWN_REF) !== 0) fields.push("non_own_ref");
  if (type !== SCALAR) fields.push(`off=${reg.off}`);
  if (isPacketPointer(type)) fields.push(`r=${reg.range}`);
  else if (isMapType(base)) fields.push(...mapFields(reg, era));
  if (fixed) fields.push(`imm=${BigInt.asUintN(64, signed64(bounds.valueLo, bounds.valueHi)).toString(16)}`);
  else {
    fields.push(...rangesText(bounds, era));
    if (era >= 606 && (bounds.maskLo & bounds.maskHi) !== -1) fields.push(`var_off=${bitsText(bounds, era)}`);
  }
  return `${precise}${typeName(type, era)}${base === PTR_TO_BTF_ID ? structName(reg) : ""}(${fields.join(",")})`;
}

function isMapType(base: number): boolean {
  return base === CONST_PTR_TO_MAP || base === PTR_TO_MAP_VALUE || base === PTR_TO_MAP_KEY;
}

function mapFields({ map }: Reg, era: number): string[] {
  if (map === null) return [];
  const sizes = `ks=${map.keySize},vs=${map.valueSize}`;
  const name = kernelName(map.name);
  return era >= 608 && name !== "" ? [`map=${name}`, sizes] : [sizes];
}

/** What the kernel keeps of a name: 15 bytes, with `_` for characters that it does not allow. */
export function kernelName(name: string): string {
  return name.slice(0, 15).replace(/[^A-Za-z0-9_.]/g, "_");
}

function structName({ btf, btfId }: Reg): string {
  return btf === null ? "" : btf.name(btfId);
}
