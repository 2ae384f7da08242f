/** Loads from packets as classic BPF does them (`BPF_LD_ABS`, `BPF_LD_IND`): r6 is the context, and a packet too short ends the program. */

import { checkFixedOffset } from "../calls/offsets.ts";
import { checkLeaks } from "../calls/references.ts";
import { refuse } from "../refusal.ts";
import { UNKNOWN_SCALAR, ZERO_SCALAR } from "../state/register.ts";
import { PTR_TO_CTX } from "../state/types.ts";
import { leaveFunction } from "./subprograms.ts";
import type { Walk } from "./walk.ts";

const MODE = 0xe0;
const INDIRECT = 0x40;
/** The register that holds the context. */
const CONTEXT = 6;

/** One instruction, whose fields are checked here, as they are known only with the program's type. */
export function checkLegacyLoad(walk: Walk): void {
  const { code, rules } = walk.program;
  const { slot, state } = walk;
  const opcode = code.opcode[slot]!;
  const indirect = (opcode & MODE) === INDIRECT;
  if (!rules.legacyPacketAccess) refuse("BPF_LD_[ABS|IND] instructions not allowed for this program type", "EINVAL");
  if (walk.era >= 612 && state.frames.some((frame, number) => number > 0 && frame.inCallback))
    refuse("cannot use BPF_LD_[ABS|IND] within callback", "EINVAL");
  if (code.dst[slot] !== 0 || code.offset[slot] !== 0 || (opcode & 0x18) === 0x18 || (!indirect && code.src[slot] !== 0))
    refuse("BPF_LD_[ABS|IND] uses reserved fields", "EINVAL");
  const context = walk.read(CONTEXT);
  checkLeaks(walk, false, "BPF_LD_[ABS|IND]");
  if (context.type !== PTR_TO_CTX) refuse("at the time of BPF_LD_ABS|IND R6 != pointer to skb", "EINVAL");
  if (indirect) walk.read(code.src[slot]!);
  checkFixedOffset(walk, context, CONTEXT);
  walk.clearCallerSaved();
  if (state.frames.length > 1) {
    // A packet that is too short leaves the subprogram with zero in r0: a path of its own.
    walk.setReg(0, UNKNOWN_SCALAR);
    walk.push(slot + 1, slot);
    walk.setReg(0, ZERO_SCALAR);
    leaveFunction(walk);
    return;
  }
  walk.setReg(0, UNKNOWN_SCALAR);
}
