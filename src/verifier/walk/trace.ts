/** What the log tells of calls and returns. */

import { printFrame } from "../print/frame.ts";
import type { Frame } from "../state/frame.ts";
import type { Walk } from "./walk.ts";

export function logCall(walk: Walk, caller: Frame, callee: Frame): void {
  const { log, state, era } = walk;
  if (log === null) return;
  log.text(`caller:\n${printFrame(state, caller, null, era)}`);
  log.text(`callee:\n${printFrame(state, callee, null, era)}`);
  walk.touched.everything();
}

export function logReturn(walk: Walk, callee: Frame, caller: Frame): void {
  const { log, state, era } = walk;
  if (log === null) return;
  log.text(`returning from callee:\n${printFrame(state, callee, null, era)}`);
  log.text(`to caller at ${walk.next}:\n${printFrame(state, caller, null, era)}`);
}
