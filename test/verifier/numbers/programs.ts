/** The programs of the table by name. */
import { arithmetic, chain, comparison, ENDS, type Instruction, JUMPS, LEFT, SHAPES, single, steps, stored } from "./table.ts";

/** @param all every pair of shapes and every comparison: 52,000 programs; else a choice of them. */
export function* programs(era: number, all: boolean): Generator<[string, Instruction[]]> {
  const names = Object.keys(SHAPES);
  // Strides that share no factor with the numbers of shapes and comparisons, so that the choice meets all of them.
  let turn = 0;
  for (const left of names) {
    yield [`single: ${left}`, single(left, era)];
    yield [`stored: ${left}`, stored(left, era)];
    for (const [one, first] of steps(era)) {
      for (const [two, second] of steps(era)) {
        const end = ENDS[turn++ % ENDS.length]!;
        if (all || turn % 211 === 0) yield [`chain: ${left}, ${one}, ${two}`, chain(left, first, second, end)];
      }
    }
    for (const code of JUMPS) {
      if (all || turn++ % 19 === 0) yield [`same ${code.toString(16)}: ${left}`, comparison(left, "0", code | 5, LEFT)];
      if (all || turn++ % 19 === 0) yield [`same w ${code.toString(16)}: ${left}`, comparison(left, "0", code | 6, LEFT)];
    }
  }
  for (const left of names) {
    for (const right of names) {
      if (all || turn++ % 17 === 0) yield [`arithmetic: ${left}, ${right}`, arithmetic(left, right)];
      for (const code of JUMPS) {
        const op = code.toString(16);
        if (all || turn++ % 73 === 0) yield [`jump ${op}: ${left}, ${right}`, comparison(left, right, code | 5)];
        if (all || turn++ % 73 === 0) yield [`jump w ${op}: ${left}, ${right}`, comparison(left, right, code | 6)];
      }
    }
  }
}
