/** Which numbers mattered: traced back from where they did. */

import type { Walk } from "../walk/walk.ts";

/** The exact value of a register of the frame that runs was used for safety (`mark_chain_precision`). */
export function markPrecise(_walk: Walk, _reg: number): void {}

/** The same of a spilled number in stack slot `index` of the frame that runs. */
export function markStackPrecise(_walk: Walk, _frame: number, _index: number): void {}
