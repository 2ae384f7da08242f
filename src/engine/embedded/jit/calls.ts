/** Calls and exits. Helpers are imports; functions of the program take and give the registers that `liveness.ts` found. */

import { HELPER } from "../../../uapi/helpers.ts";
import { FRAME_SIZE } from "../access.ts";
import { TAIL_CALL } from "../helpers/tail-calls.ts";
import type { MapStore } from "../maps/store.ts";
import { OPERATION } from "../operations.ts";
import { SIZE_OF } from "./effects.ts";
import { FAULT, type FunctionCode } from "./function-code.ts";
import { hasLookup, isArray, writeArrayLookup } from "./lookup.ts";
import { pushArgument } from "./memory-access.ts";
import { ENDED } from "./pieces.ts";
import { writeOutcome, writeTailCall } from "./tail-calls.ts";
import { CONSTANT } from "./values.ts";
import { OP, VOID } from "./wasm.ts";

/** In the size of a packet load: it is in a function that the program calls, and asks itself whether it was beyond the packet. */
export const IN_FUNCTION = 16;

export function callHelper(f: FunctionCode, slot: number, id: number): void {
  const { shared } = f;
  const { out } = f;
  const { values } = f;
  if (values.kind[1] === CONSTANT && values.high[1] === 0) {
    const map = shared.mapOf(values.low[1]!);
    // While a lock is held no map may be asked: only the helper sees that.
    const asksLedger = f.checked && shared.locks;
    if (map !== null && !asksLedger && callMap(f, slot, id, map)) return;
  }
  if (id === TAIL_CALL && shared.tails !== null) {
    writeTailCall(f, slot, shared.tails, () => pushHelperResult(f, slot, id));
    return;
  }
  const helper = shared.helperOf(id);
  pushHelperResult(f, slot, id);
  if (helper.result === "u64") {
    joinHigh(f);
    f.write64(0);
  } else if (helper.result === "int") writeInt(f);
  else {
    if (helper.result === "void") out.op(OP.drop).i32(0);
    f.write32(0);
  }
}

/**
 * What programs do with one map most, as code that knows the map; false when the helper is to do it. In checked mode addresses are held
 * against null and the memory's size only, as those of accesses are.
 */
function callMap(f: FunctionCode, slot: number, id: number, map: MapStore): boolean {
  const { out, shared } = f;
  const { mapFunctions } = shared;
  switch (id) {
    case HELPER.bpf_map_lookup_elem: {
      // Other kinds are looked up by their class, which trusts the address of a key: in checked mode the helper holds it to the byte.
      if (f.checked && !isArray(map) && !hasLookup(map)) return false;
      pushArgument(f, slot, 2, map.keySize);
      f.trap(slot);
      if (isArray(map)) writeArrayLookup(map, out, out.address, shared.cpuGlobal);
      else {
        out.byte(OP.call);
        out.unsigned(mapFunctions.lookupOf(map));
      }
      f.write32(0);
      return true;
    }
    case HELPER.bpf_map_update_elem: {
      const update = mapFunctions.updateOf(map);
      if (update === null) return false;
      pushArgument(f, slot, 2, map.keySize);
      pushArgument(f, slot, 3, map.valueSize);
      pushFlags(f, 4);
      f.trap(slot);
      out.byte(OP.call);
      out.unsigned(update);
      break;
    }
    case HELPER.bpf_map_push_elem: {
      const push = mapFunctions.pushOf(map);
      if (push === null) return false;
      pushArgument(f, slot, 2, map.valueSize);
      pushFlags(f, 3);
      f.trap(slot);
      out.byte(OP.call);
      out.unsigned(push);
      break;
    }
    case HELPER.bpf_map_pop_elem:
    case HELPER.bpf_map_peek_elem: {
      const take = id === HELPER.bpf_map_pop_elem ? mapFunctions.popOf(map) : mapFunctions.peekOf(map);
      if (take === null) return false;
      pushArgument(f, slot, 2, map.valueSize);
      f.trap(slot);
      out.byte(OP.call);
      out.unsigned(take);
      break;
    }
    case HELPER.bpf_map_delete_elem: {
      const remove = mapFunctions.deleteOf(map);
      if (remove === null) return false;
      pushArgument(f, slot, 2, map.keySize);
      f.trap(slot);
      out.byte(OP.call);
      out.unsigned(remove);
      break;
    }
    default:
      return false;
  }
  writeInt(f);
  return true;
}

/** A register of flags, none of which has an upper half: with one, all bits are set, which no operation takes. */
function pushFlags(f: FunctionCode, register: number): void {
  const { out, values } = f;
  if (values.kind[register] === CONSTANT) {
    out.i32(values.high[register] === 0 ? values.low[register]! : -1);
    return;
  }
  out.push32(register * 2);
  out.i32(-1);
  out.pushHigh(register * 2);
  out.op(OP.i32Eqz, OP.select);
}

/** The `int` on the stack becomes r0. */
export function writeInt(f: FunctionCode): void {
  if ((f.wanted & 1) === 1) {
    f.out.op(OP.extendS);
    f.write64(0);
  } else f.write32(0);
}

/** Calls a helper; the 32 bits that it returns are on the stack. */
function pushHelperResult(f: FunctionCode, slot: number, id: number): void {
  const { out } = f;
  const helper = f.shared.helperOf(id);
  if (helper.callsBack) saveFuel(f);
  if (helper.full) {
    out.i32(slot);
    out.get(out.frame);
    for (let index = 1; index <= 5; index++) {
      if (index <= helper.args) out.push32(index * 2);
      else out.i32(0);
    }
    for (let index = 1; index <= 5; index++) {
      if (index <= helper.args) out.pushHigh(index * 2);
      else out.i32(0);
    }
  } else for (let index = 1; index <= helper.args; index++) out.push32(index * 2);
  f.trap(slot);
  out.byte(OP.call);
  out.unsigned(helper.index);
  if (helper.callsBack) loadFuel(f);
}

/** From the lower half of the last helper's result, which is on the stack, to the whole. */
function joinHigh(f: FunctionCode): void {
  const { out } = f;
  out.op(OP.extendU, OP.call);
  out.unsigned(f.shared.highIndex);
  out.byte(OP.extendU);
  out.i64(32, 0);
  out.byte(OP.i64Shl);
  out.byte(OP.i64Or);
}

export function callLocal(f: FunctionCode, slot: number, callee: number): void {
  const { index, params, results } = f.shared.signatureOf(callee);
  enterCallee(f, slot);
  for (const register of params) f.out.push64(register * 2);
  f.out.get(f.out.frame);
  f.out.i32(FRAME_SIZE);
  f.out.byte(OP.i32Sub);
  f.out.byte(OP.call);
  f.out.unsigned(index);
  leaveCallee(f, results);
}

/** A function of the program, or a helper by its number: which, is found by the import. */
export function callRegister(f: FunctionCode, slot: number, d: number): void {
  const { shared } = f;
  const { out } = f;
  const { calleeIndex, callIndex } = shared;
  out.i32(slot);
  out.push32(d);
  out.pushHigh(d);
  out.byte(OP.call);
  out.unsigned(calleeIndex);
  out.byte(OP.localTee);
  out.unsigned(out.address);
  out.i32(0);
  out.byte(OP.i32LtS);
  out.if(0x40);
  saveFuel(f);
  out.i32(slot);
  out.get(out.frame);
  for (let index = 1; index <= 5; index++) out.push32(index * 2);
  for (let index = 1; index <= 5; index++) out.pushHigh(index * 2);
  out.push32(d);
  out.byte(OP.call);
  out.unsigned(callIndex);
  joinHigh(f);
  const before = out.narrow;
  f.write64(0);
  loadFuel(f);
  // A helper leaves r1 to r5 as they are; where the ways meet they are i64.
  for (let register = 1; register <= 5; register++) {
    if (!out.isNarrow(register * 2)) continue;
    out.push64(register * 2);
    f.write64(register * 2);
  }
  out.narrow = before;
  out.byte(OP.else);
  f.depth++;
  enterCallee(f, slot);
  f.depth--;
  const { params, results } = shared.signatureOf(f.flow.start);
  for (const register of params) out.push64(register * 2);
  out.get(out.frame);
  out.i32(FRAME_SIZE);
  out.byte(OP.i32Sub);
  out.get(out.address);
  out.byte(OP.callIndirect);
  out.unsigned(shared.functionType);
  out.unsigned(shared.tails === null ? 0 : 1);
  leaveCallee(f, results);
  out.byte(OP.end);
}

function enterCallee(f: FunctionCode, slot: number): void {
  checkDepth(f, slot);
  saveFuel(f);
}

/** Faults where the frame of a function that is to be called would be one too many. */
export function checkDepth(f: FunctionCode, slot: number): void {
  const { out } = f;
  if (f.checked && f.shared.bottomGlobal !== -1) {
    out.i32((slot << 3) | FAULT.depth);
    out.i64(0, 0);
    out.get(out.frame);
    out.byte(OP.globalGet);
    out.unsigned(f.shared.bottomGlobal);
    out.load(OP.i32Load, 0);
    out.byte(OP.i32LeU);
    f.faultIf();
  }
}

/** Before other functions of the program run: the fuel is theirs. */
export function saveFuel(f: FunctionCode): void {
  if (!f.checked) return;
  f.out.get(f.fuel);
  f.out.byte(OP.globalSet);
  f.out.unsigned(f.shared.fuelGlobal);
}

export function loadFuel(f: FunctionCode): void {
  if (!f.checked) return;
  f.out.byte(OP.globalGet);
  f.out.unsigned(f.shared.fuelGlobal);
  f.out.set(f.fuel);
}

function leaveCallee(f: FunctionCode, results: readonly number[]): void {
  for (let at = results.length - 1; at >= 0; at--) f.write64(results[at]! * 2);
  loadFuel(f);
}

export function exit(f: FunctionCode): void {
  const { out } = f;
  if (f.inPieces) {
    const { registers } = f.shared.pieceGlobals();
    for (const register of f.results) {
      out.push64(register * 2).op(OP.globalSet);
      out.unsigned(registers[register]!);
    }
    if (f.isMain && f.shared.tails !== null) writeOutcome(f, f.shared.tails);
    saveFuel(f);
    out.i32(ENDED).op(OP.return);
    return;
  }
  if (f.isMain) {
    if (f.shared.resultGlobal !== -1) {
      out.pushHigh(0);
      out.byte(OP.globalSet);
      out.unsigned(f.shared.resultGlobal);
    }
    if (f.shared.tails !== null) writeOutcome(f, f.shared.tails);
    out.push32(0);
  } else {
    saveFuel(f);
    for (const register of f.results) out.push64(register * 2);
  }
  out.byte(OP.return);
}

/** The program's function is over, and its result 0. */
function endFunction(f: FunctionCode): void {
  const { out, inPieces } = f;
  saveFuel(f);
  const registers = inPieces ? f.shared.pieceGlobals().registers : [];
  for (const register of f.results) {
    out.i64(0, 0);
    if (!inPieces) continue;
    out.op(OP.globalSet);
    out.unsigned(registers[register]!);
  }
  if (inPieces) out.i32(ENDED);
  out.op(OP.return);
}

/** Beyond the packet it ends the function that it is in: the program's main function by an exception of the host's. */
export function packet(f: FunctionCode, slot: number, operation: number, s: number): void {
  f.out.i32(f.program.extra[slot]!);
  if (operation >= OPERATION.packetIndirect1) f.out.push32(s);
  else f.out.i32(0);
  f.out.i32(SIZE_OF[operation]! | (f.isMain ? 0 : IN_FUNCTION));
  f.out.byte(OP.call);
  f.out.unsigned(f.shared.packetIndex);
  f.write32(0);
  if (f.isMain) return;
  f.out.op(OP.call);
  f.out.unsigned(f.shared.beyondIndex);
  f.out.op(OP.if, VOID);
  endFunction(f);
  f.out.op(OP.end);
}
