/** How full a ring buffer is: the two positions that its writer and its reader share (kernel/bpf/ringbuf.c), looked at and left as they are. */

import { MapError } from "../../errors.ts";
import type { LinuxHandle } from "../maps/handle.ts";
import { isRing } from "../maps/kinds.ts";
import { SystemError } from "../sys/system-error.ts";
import type { RingFill } from "./types.ts";

/** The reader's position is at the start of the first page, the writer's of the second; the records follow. */
export function readRingFill({ raw, spec, fd }: LinuxHandle): RingFill {
  if (!isRing(spec.type))
    throw new MapError(spec.name, "unsupported", `map ${spec.name}: a map of type ${spec.type} is no ring buffer`);
  const { transport } = raw.kernel;
  const { pageSize } = transport;
  const mapping = transport.map(fd, 2 * pageSize, 0, false);
  if (typeof mapping === "number") throw new SystemError("mmap", -mapping);
  try {
    const view = new DataView(mapping.memory);
    // The reader's first: what is written meanwhile counts as unread.
    const read = view.getBigUint64(0, true);
    const written = view.getBigUint64(pageSize, true);
    return { size: spec.maxEntries, unread: Number(BigInt.asUintN(64, written - read)) };
  } finally {
    mapping.unmap();
  }
}
