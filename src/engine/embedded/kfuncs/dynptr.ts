/** Kfuncs on dynptrs (kernel/bpf/helpers.c, net/core/filter.c). Linux 6.4; copy and memset 6.16, 6.17. */

import { clearDynptr, DYNPTR, Dynptr, initDynptr } from "../dynptr.ts";
import { readDynptr, writeDynptr } from "../helpers/dynptr.ts";
import { ERANGE } from "../helpers/errors.ts";
import { type Helper, type HelperCall, kfunc } from "../helpers/helper.ts";
import { E2BIG, EINVAL } from "../maps/errno.ts";

const NEW = { memory: 16, write: true } as const;
const KNOWN = { memory: 16 } as const;

/** A dynptr of the whole packet. @param readOnly for program types that may not write packets. */
function fromPacket(type: number, readOnly: boolean): Helper["run"] {
  return (call, context, flags, to) => {
    if ((flags | call.highOf(2)) !== 0) {
      clearDynptr(call, to >>> 0);
      return -EINVAL;
    }
    const { packetData, packetEnd } = call.space;
    initDynptr(call, to >>> 0, type, context, packetEnd - packetData, readOnly);
    return 0;
  };
}

/** Packets lie in one piece here, so a slice is always the memory itself and never the program's buffer. */
function slice(source: Dynptr, offset: number, length: number, write: boolean): number {
  if (source.data === 0 || (write && source.isReadOnly)) return 0;
  if (source.refuse(offset, length) !== 0) return 0;
  return Math.max(source.locate(offset, length, write), 0);
}

const sliceOf =
  (write: boolean): Helper["run"] =>
  (call, source, offset, _buffer, length) =>
    slice(new Dynptr(call, source >>> 0), offset >>> 0, length >>> 0, write);

function adjust(call: HelperCall, at: number, start: number, end: number): number {
  const dynptr = new Dynptr(call, at >>> 0);
  if (dynptr.data === 0 || start >>> 0 > end >>> 0) return -EINVAL;
  if (end >>> 0 > dynptr.size) return -ERANGE;
  dynptr.narrow(start >>> 0, end >>> 0);
  return 0;
}

function clone(call: HelperCall, at: number, to: number): number {
  const dynptr = new Dynptr(call, at >>> 0);
  if (dynptr.data === 0) {
    clearDynptr(call, to >>> 0);
    return -EINVAL;
  }
  dynptr.copyTo(to >>> 0);
  return 0;
}

function copy(call: HelperCall, to: number, toOffset: number, from: number, fromOffset: number, length: number): number {
  const target = new Dynptr(call, to >>> 0);
  const source = new Dynptr(call, from >>> 0);
  const size = length >>> 0;
  const read = slice(source, fromOffset >>> 0, size, false);
  const write = slice(target, toOffset >>> 0, size, true);
  if (read !== 0) {
    if (write === 0) return writeDynptr(call, target, toOffset >>> 0, read, size);
    call.work(size);
    call.memory.bytes.copyWithin(write, read, read + size);
    return 0;
  }
  if (write !== 0) return readDynptr(call, write, size, source, fromOffset >>> 0);
  return -E2BIG;
}

function fill(call: HelperCall, at: number, offset: number, length: number, value: number): number {
  const dynptr = new Dynptr(call, at >>> 0);
  if (dynptr.isReadOnly) return -EINVAL;
  const refused = dynptr.refuse(offset >>> 0, length >>> 0);
  if (refused !== 0) return refused;
  if (length === 0) return 0;
  const start = dynptr.locate(offset >>> 0, length >>> 0, true);
  if (start < 0) return start;
  call.work(length >>> 0);
  call.memory.bytes.fill(value, start, start + (length >>> 0));
  return 0;
}

/** For programs of every type. */
export const DYNPTR_KFUNCS: readonly Helper[] = [
  kfunc("bpf_dynptr_slice", [KNOWN, "number", "buffer?", "size"], "address", sliceOf(false)),
  kfunc("bpf_dynptr_slice_rdwr", [KNOWN, "number", "buffer?", "size"], "address", sliceOf(true)),
  kfunc("bpf_dynptr_adjust", [NEW, "number", "number"], "int", adjust),
  kfunc("bpf_dynptr_is_null", [KNOWN], "u32", (call, at) => (new Dynptr(call, at >>> 0).data === 0 ? 1 : 0)),
  kfunc("bpf_dynptr_is_rdonly", [KNOWN], "u32", (call, at) => {
    const dynptr = new Dynptr(call, at >>> 0);
    return dynptr.data !== 0 && dynptr.isReadOnly ? 1 : 0;
  }),
  kfunc("bpf_dynptr_size", [KNOWN], "u32", (call, at) => {
    const dynptr = new Dynptr(call, at >>> 0);
    return dynptr.data === 0 ? -EINVAL : dynptr.size;
  }),
  kfunc("bpf_dynptr_clone", [KNOWN, NEW], "int", clone),
  kfunc("bpf_dynptr_copy", [KNOWN, "number", KNOWN, "number", "number"], "int", copy),
  kfunc("bpf_dynptr_memset", [KNOWN, "number", "number", "number"], "int", fill),
];

export const XDP_DYNPTR: readonly Helper[] = [
  kfunc("bpf_dynptr_from_xdp", ["context", "wide", NEW], "int", fromPacket(DYNPTR.xdp, false)),
];

/** @param writable for program types that may write packets: those of traffic control, sockets' and LWT's transmission. */
export const skbDynptr = (writable: boolean): readonly Helper[] => [
  kfunc("bpf_dynptr_from_skb", ["context", "wide", NEW], "int", fromPacket(DYNPTR.skb, !writable)),
];
