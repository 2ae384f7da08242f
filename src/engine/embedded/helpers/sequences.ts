/** What iterator programs write for their reader (kernel/trace/bpf_trace.c, Linux 6.18). */

import type { Sequence } from "../room/sequence.ts";
import { EINVAL } from "./errors.ts";
import { type Helper, type HelperCall, helper } from "./helper.ts";
import { formatText } from "./printk.ts";
import { latin1, words } from "./strings.ts";

const EOVERFLOW = 75;

/** @throws FaultError for an address that is not `ctx->meta->seq`. */
function sequenceOf(call: HelperCall, address: number): Sequence {
  const sequence = call.cpu.room.events.running[call.cpu.id]?.sequence;
  if (sequence === undefined || sequence.address !== address >>> 0 || call.highOf(1) !== 0)
    throw call.fault("argument 1: expected the file of the iterator (ctx->meta->seq)");
  return sequence;
}

function printf(call: HelperCall, file: number, format: number, size: number, data: number, dataSize: number): number {
  const sequence = sequenceOf(call, file);
  const args = words(call, data, dataSize);
  if (args === null) return -EINVAL;
  const printed = formatText(call, format >>> 0, size >>> 0, args, sequence.room + 1);
  if (typeof printed === "number") return printed;
  return sequence.write(latin1(printed.text)) ? 0 : -EOVERFLOW;
}

/** Of iterators alone. Linux 5.8. */
export const SEQUENCES: readonly Helper[] = [
  helper("bpf_seq_printf", ["wide", "read", "size", "read?", "size"], "int", printf),
  helper("bpf_seq_write", ["wide", "read", "size"], "int", (call, file, from, size) => {
    const bytes = call.memory.bytes.subarray(from >>> 0, (from >>> 0) + size);
    return sequenceOf(call, file).write(bytes) ? 0 : -EOVERFLOW;
  }),
];
