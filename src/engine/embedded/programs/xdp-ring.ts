/** An XDP program over packets that lie in a ring, one after the other. Hot: nothing is copied or allocated for a packet. */

import type { AddressSpace } from "../access.ts";
import { openPacket, XDP_ABORTED } from "../contexts/xdp.ts";
import { HEAD_ROOM } from "../cpu.ts";
import type { Executor } from "../executor.ts";
import { CONTEXT_STRIDE, type RingMemory } from "../room/ring-memory.ts";

/**
 * Runs the program on `count` packets from number `first` on.
 * @param failed told what the program threw; when it returns, the packet's verdict is XDP_ABORTED and the next one's turn.
 */
export function runRing(
  executor: Executor,
  ring: RingMemory,
  first: number,
  count: number,
  fuel: number,
  failed: (error: unknown) => void,
): void {
  ring.layOut(first, count);
  const { mask } = ring;
  for (let done = 0; done < count; ) {
    const frame = (first + done) & mask;
    // Up to where the ring begins anew.
    const together = Math.min(count - done, mask + 1 - frame);
    runFrames(executor, ring, frame, together, fuel, failed);
    done += together;
  }
}

function runFrames(
  executor: Executor,
  ring: RingMemory,
  first: number,
  count: number,
  fuel: number,
  failed: (error: unknown) => void,
): void {
  const { verdicts, contexts } = ring;
  const { callEach, space } = executor;
  if (callEach !== null) {
    const results = verdicts.byteOffset;
    const open = (result: number): void => openFrame(space, ring, (result - results) / 4);
    callEach(contexts + first * CONTEXT_STRIDE, CONTEXT_STRIDE, results + first * 4, count, fuel, open, failed);
    return;
  }
  for (let frame = first; frame < first + count; frame++) {
    openFrame(space, ring, frame);
    try {
      verdicts[frame] = executor.call(contexts + frame * CONTEXT_STRIDE, fuel);
    } catch (error) {
      verdicts[frame] = XDP_ABORTED;
      failed(error);
    }
  }
}

function openFrame(space: AddressSpace, ring: RingMemory, frame: number): void {
  const { size, tailRoom } = ring.shape;
  const head = ring.frameAddress(frame);
  const data = head + HEAD_ROOM;
  openPacket(space, ring.contexts + frame * CONTEXT_STRIDE, head, data, data + ring.lengths[frame]!, data + size + tailRoom);
}
