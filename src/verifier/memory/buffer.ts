/** Buffers of which the verifier does not know the size: whoever attaches the program compares the highest offset. */

import { bitsText } from "../print/numbers.ts";
import { refuse } from "../refusal.ts";
import type { Reg } from "../state/register.ts";
import type { Walk } from "../walk/walk.ts";
import { isPlain } from "./offset.ts";

export type BufferKind = "tracepoint" | "rdonly" | "rdwr";

/**
 * `__check_buffer_access`.
 *
 * @param off with `Reg.off`.
 */
export function checkBuffer(walk: Walk, reg: Reg, index: number, off: number, size: number, kind: BufferKind): void {
  if (off < 0) refuse(`R${index} invalid ${kind} buffer access: off=${off}, size=${size}`);
  if (!isPlain(reg.bounds))
    refuse(`R${index} invalid variable buffer offset: off=${off}, var_off=${bitsText(reg.bounds, walk.era)}`);
  const { conditions } = walk.facts;
  const end = off + size;
  if (kind === "rdonly") conditions.readOnlySize = Math.max(conditions.readOnlySize, end);
  else conditions.bufferSize = Math.max(conditions.bufferSize, end);
}
