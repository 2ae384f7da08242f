/** What a kernel's log of level 2 says of the registers of a program of the table. */
import { plain } from "./describe.ts";
import { LEFT, RESULT, RIGHT } from "./table.ts";

export interface Observed {
  /** [slot, register, number]: what is known after that instruction, on the path that is walked first. */
  readonly after: [number, number, string][];
  /** The same at the target of a branch that may do either. The slot is the branch's. */
  readonly jumped: [number, number, string][];
  /** Slots of all branches that may do either, also of those whose target was known to be safe before. */
  readonly either: number[];
}

const REGISTER = /\bR(\d+)(?:_[rwD]+)?=(\S+?)(?=\s|$)/g;

export function observe(log: string): Observed {
  const after: [number, number, string][] = [];
  const jumped: [number, number, string][] = [];
  const either: number[] = [];
  let first = true;
  for (const line of log.split("\n")) {
    const jump = /^from (\d+) to (\d+): (.*)$/.exec(line);
    if (jump !== null) {
      first = false;
      if (jump[1] !== jump[2]) {
        either.push(Number(jump[1]));
        collect(jumped, Number(jump[1]), jump[3]!);
      }
      continue;
    }
    const one = /^(\d+): \([0-9a-f]{2}\) [^;]*; (.*)$/.exec(line);
    if (one !== null && first) collect(after, Number(one[1]), one[2]!);
    if (/^\d+: \(95\)/.test(line)) first = false;
  }
  return { after, jumped, either };
}

function collect(to: [number, number, string][], slot: number, text: string): void {
  for (const [, register, value] of text.replace(/; /g, ";").matchAll(REGISTER)) {
    const number = Number(register);
    if (number === LEFT || number === RIGHT || number === RESULT)
      to.push([slot, number, plain(value!).replace(/;(?=0x)/g, "; ")]);
  }
}
