/** Buffers of which the verifier does not know the size: whoever attaches the program compares the highest offset. */

import { bitsText } from "../print/numbers.ts";
import { refuse } from "../refusal.ts";
import type { Reg } from "../state/register.ts";
import { isPlain } from "./offset.ts";

export type BufferKind = "tracepoint" | "rdonly" | "rdwr";

/**
 * `__check_buffer_access`.
 *
 * @param off with `Reg.off`.
 */
export function checkBuffer(reg: Reg, index: number, off: number, size: number, kind: BufferKind, era: number): void {
  if (off < 0) refuse(`R${index} invalid ${kind} buffer access: off=${off}, size=${size}`);
  if (!isPlain(reg.bounds)) refuse(`R${index} invalid variable buffer offset: off=${off}, var_off=${bitsText(reg.bounds, era)}`);
}
