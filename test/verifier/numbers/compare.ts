import { describeNumber } from "./describe.ts";
import type { Observed } from "./observe.ts";
import type { Instruction } from "./table.ts";
import { walk } from "./walk.ts";

/** What differs between a kernel's numbers and ours: lines to read; none, if nothing does. */
export function differences(program: readonly Instruction[], observed: Observed, era: number): string[] {
  const walked = walk(program, era);
  const found: string[] = [];
  const check = (side: "after" | "jumped") => {
    for (const [slot, register, number] of observed[side]) {
      const registers = walked[side].get(slot);
      const ours = registers === undefined ? "not reached" : describeNumber(registers[register]!, era);
      if (ours !== number) found.push(`${side} ${slot}: R${register} is ${ours}, the kernel has ${number}`);
    }
  };
  check("after");
  check("jumped");
  for (const slot of walked.jumped.keys())
    if (!observed.either.includes(slot)) found.push(`jumped ${slot}: the kernel knows the way`);
  return found;
}
