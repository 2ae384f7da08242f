/**
 * Contexts that are the registers of a CPU: `struct pt_regs` of kprobes and uprobes, and `struct bpf_perf_event_data`, which begins
 * with the user-space edition of it.
 */

import { type Architecture, REGISTERS, type Registers } from "../../../uapi/registers.ts";
import type { ContextInput, ContextValue } from "../../engine.ts";
import { argumentsOf } from "./arguments.ts";
import { type ContextArea, type ContextLayout, copyBytes, unknownField, writeWord } from "./event-context.ts";

export type { Architecture } from "../../../uapi/registers.ts";

/** Where a register is in `struct pt_regs`, in bytes. */
export const resultOffset = (architecture: Architecture): number => {
  const { names, result } = REGISTERS[architecture];
  return names.indexOf(result) * 8;
};

/** What of an input is no register. */
const OTHERS = ["args", "ret"];
/** `struct bpf_perf_event_data` behind its registers. */
const PERF = ["sample_period", "addr"];

/** `{ args: [1, 2], ret: 0, di: 1, ip: "0xffffffff81000000" }`: arguments where the calling convention has them, or registers by name. */
export function registersLayout(architecture: Architecture): ContextLayout {
  const registers = REGISTERS[architecture];
  return {
    writable: false,
    capacity: (input) => (input instanceof Uint8Array ? Math.max(input.length, registers.size) : registers.size),
    write(input, area) {
      if (input instanceof Uint8Array) return { ...copyBytes(input, area), size: Math.max(input.length, registers.size) };
      for (const [name, value] of Object.entries(input))
        writeRegister(registers, name, value, area, "the set of registers", OTHERS);
      writeConvention(registers, input, area);
      return { size: registers.size, buffer: null };
    },
  };
}

/** The same with `sample_period` and `addr`. */
export function perfEventLayout(architecture: Architecture): ContextLayout {
  const registers = REGISTERS[architecture];
  const size = registers.userSize + 16;
  return {
    writable: false,
    capacity: (input) => (input instanceof Uint8Array ? Math.max(input.length, size) : size),
    write(input, area) {
      if (input instanceof Uint8Array) return { ...copyBytes(input, area), size: Math.max(input.length, size) };
      for (const [name, value] of Object.entries(input)) {
        const after = PERF.indexOf(name);
        if (after >= 0) writeWord(area.view, area.start + registers.userSize + after * 8, value, name);
        else writeRegister(registers, name, value, area, "the sample", PERF);
      }
      return { size, buffer: null };
    },
  };
}

/** Writes registers by name at an address. @throws RangeError */
export function writeUserRegisters(
  architecture: Architecture,
  input: Exclude<ContextInput, Uint8Array>,
  view: DataView,
  start: number,
): void {
  for (const [name, value] of Object.entries(input)) {
    writeRegister(REGISTERS[architecture], name, value, { view, start }, "the set of registers", []);
  }
}

function writeRegister(
  registers: Registers,
  name: string,
  value: ContextValue,
  { view, start }: Pick<ContextArea, "view" | "start">,
  what: string,
  others: readonly string[],
): void {
  if (others.includes(name)) return;
  const index = registers.names.indexOf(name === "ip" ? registers.ip : name === "sp" ? registers.sp : name);
  if (index < 0 || index * 8 >= registers.size) throw unknownField(name, [...others, ...registers.names], what);
  writeWord(view, start + index * 8, value, name);
}

function writeConvention(registers: Registers, input: Exclude<ContextInput, Uint8Array>, { view, start }: ContextArea): void {
  const args = argumentsOf(input);
  if (args.length > registers.args.length)
    throw new RangeError(
      `args: at most ${registers.args.length} are in registers, found ${args.length}; put the others on the stack`,
    );
  args.forEach((value, index) => {
    for (const name of registers.args[index]!)
      writeWord(view, start + registers.names.indexOf(name) * 8, value, `args[${index}]`);
  });
  const { ret } = input;
  if (ret !== undefined) writeWord(view, start + registers.names.indexOf(registers.result) * 8, ret, "ret");
}
