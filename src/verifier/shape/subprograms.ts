/** Facts of subprograms that their instructions alone tell. */

import { exceptionCallback, functionTypes } from "../prepare/functions.ts";
import type { Program } from "../program.ts";
import type { SubprogramFlow } from "./flow.ts";
import { CALL, HELPER_TAIL_CALL } from "./opcodes.ts";

/** By slot. */
export function subprogramOf(program: Program): Uint16Array {
  const column = new Uint16Array(program.code.length);
  for (const { index, start, end } of program.subprograms) if (index > 0) column.fill(index, start, end);
  return column;
}

export function subprogramFlows(program: Program): SubprogramFlow[] {
  const { source, types, objects, era, code } = program;
  const known = types === null ? null : { btf: types, objects };
  const callback = exceptionCallback(functionTypes(source, known), known, era);
  return program.subprograms.map(({ start, end }) => {
    let hasTailCall = false;
    let hasLegacyLoad = false;
    for (let slot = start; slot < end; slot++) {
      const opcode = code.opcode[slot]!;
      if (opcode === CALL) hasTailCall ||= code.src[slot] === 0 && code.imm[slot] === HELPER_TAIL_CALL;
      else hasLegacyLoad ||= isLegacyLoad(opcode);
    }
    return {
      hasTailCall,
      hasLegacyLoad,
      changesPacket: false,
      mightSleep: false,
      mightThrow: false,
      tailCallReachable: hasTailCall,
      isCallback: start === callback,
      isAsyncCallback: start === callback,
      isExceptionCallback: start === callback,
    };
  });
}

/** `LD_ABS`, `LD_IND`, of any size. */
export function isLegacyLoad(opcode: number): boolean {
  return (opcode & 7) === 0 && ((opcode & 0xe0) === 0x20 || (opcode & 0xe0) === 0x40);
}
