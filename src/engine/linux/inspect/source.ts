/** Functions and source lines of a program, as the kernel keeps them: `bpf_func_info` and `bpf_line_info` of linux/bpf.h (5.0). */

import type { Btf } from "../../../btf/btf.ts";
import type { FunctionInfo, LineInfo } from "../../../object/spec.ts";

/** Records begin like these, and may be longer on newer kernels. */
export function readFunctions(records: Uint8Array, size: number, types: Btf): FunctionInfo[] {
  const view = new DataView(records.buffer, records.byteOffset, records.byteLength);
  const functions: FunctionInfo[] = [];
  for (let at = 0; size >= 8 && at + size <= records.length; at += size) {
    const type = view.getUint32(at + 4, true);
    functions.push({ slot: view.getUint32(at, true), name: types.name(type), type });
  }
  return functions;
}

export function readLines(records: Uint8Array, size: number, types: Btf): LineInfo[] {
  const view = new DataView(records.buffer, records.byteOffset, records.byteLength);
  const lines: LineInfo[] = [];
  for (let at = 0; size >= 16 && at + size <= records.length; at += size) {
    // BPF_LINE_INFO_LINE_NUM is the upper 22 bits, BPF_LINE_INFO_LINE_COL the lower 10.
    const place = view.getUint32(at + 12, true);
    lines.push({
      slot: view.getUint32(at, true),
      file: types.string(view.getUint32(at + 4, true)),
      line: place >>> 10,
      column: place & 1023,
      text: types.string(view.getUint32(at + 8, true)).trim(),
    });
  }
  return lines;
}
