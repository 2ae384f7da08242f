/**
 * Functions of the application that programs at its hook may call, as they call the kernel's: by name (an extern that is a kfunc),
 * with numbers. Only those of the program's own hook are there.
 */

import type { Helper } from "../helpers/helper.ts";
import type { IntegerType, Typed } from "./types.ts";

export interface HookFunction {
  /** Up to five integers of up to 32 bits. */
  readonly args: readonly Typed<IntegerType, number>[];
  /** An integer of up to 32 bits. */
  readonly returns: Typed<IntegerType, number>;
  /** Called while the program runs. What it throws ends the program, and comes out of the hook's `run`. */
  run(...args: number[]): number;
}

export type HookFunctions = Readonly<Record<string, HookFunction>>;

/** Numbers of an application's functions begin far behind those of helpers and kfuncs. */
const FIRST_ID = 4096;

/** As helpers. @throws RangeError for a name that is none in C, more than five arguments, or 64 bits. */
export function helpersOf(functions: HookFunctions, hook: string): ReadonlyMap<string, Helper> {
  const helpers = new Map<string, Helper>();
  for (const [name, { args, returns, run }] of Object.entries(functions)) {
    const what = `${hook}: function ${name}`;
    if (!/^[A-Za-z_][A-Za-z0-9_]{0,126}$/.test(name)) throw new RangeError(`${what} is no name in C; use letters, digits and _`);
    if (args.length > 5) throw new RangeError(`${what} takes ${args.length} arguments; programs pass at most 5`);
    const wide = [...args, returns].find(({ size }) => size === 8);
    if (wide !== undefined) throw new RangeError(`${what}: ${wide.name} has 64 bits; arguments and results have at most 32`);
    const take = args.map(narrowing);
    const give = narrowing(returns);
    helpers.set(name, {
      name,
      id: FIRST_ID + helpers.size,
      args: args.map(() => "number"),
      result: returns.signed ? "int" : "u32",
      callsBack: false,
      run: (_call, a, b, c, d, e) => {
        const given = [a, b, c, d, e];
        return give(run(...take.map((narrow, index) => narrow(given[index]!))));
      },
    });
  }
  return helpers;
}

/** The value that an integer type makes of 32 bits. */
function narrowing({ size, signed }: IntegerType): (value: number) => number {
  if (size === 4) return signed ? (value) => value | 0 : (value) => value >>> 0;
  const shift = 32 - size * 8;
  return signed ? (value) => (value << shift) >> shift : (value) => (value << shift) >>> shift;
}
