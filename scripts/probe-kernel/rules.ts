/** What types of programs may return and do with packets, and which fields of sockets may be read. */

import { HELPER } from "../../src/uapi/helpers.ts";
import { PACKETS } from "./packets.ts";
import { type Prober, VARIANTS, type Variant, type Word } from "./prober.ts";

/** Numbers whose acceptance tells any range of the kernel's. */
const RESULTS = [-4096, -4095, -1, 0, 1, 2, 3, 4] as const;

const EXIT: Word = [0x95, 0, 0, 0, 0];
const LOADS = { 1: 0x71, 2: 0x69, 4: 0x61, 8: 0x79 } as const;
const SIZES = [1, 2, 4, 8] as const;

export function* rules(prober: Prober): Generator<object> {
  for (const variant of VARIANTS) {
    if (!prober.has(variant)) continue;
    const accepts = (...code: Word[]) => prober.load(variant, code, 0).accepted;
    const zero: Word = [0xb7, 0, 0, 0, variant.returns ?? 0];
    yield {
      type: variant.name,
      returns: RESULTS.filter((result) => accepts([0xb7, 0, 0, 0, result], EXIT)),
      // r6 = r1; r0 = *(u8*) skb[0]
      legacy: accepts([0xbf, 6, 1, 0, 0], [0x30, 0, 0, 0, 0], zero, EXIT),
      writes: writesPackets(variant, zero, accepts),
    };
  }
  yield* sockets(prober);
}

/** Null: there are no packets in its context. */
function writesPackets(variant: Variant, zero: Word, accepts: (...code: Word[]) => boolean): boolean | null {
  const packet = PACKETS[variant.name];
  if (packet === undefined) return null;
  const [load, data, end] = packet;
  return accepts(
    [load, 2, 1, data, 0],
    [load, 3, 1, end, 0],
    [0xbf, 4, 2, 0, 0],
    [0x07, 4, 0, 0, 8],
    [0x2d, 4, 3, 1, 0],
    [0x72, 2, 0, 0, 0],
    zero,
    EXIT,
  );
}

/** Loads through sockets that a classifier is given. */
function* sockets(prober: Prober): Generator<object> {
  const variant = VARIANTS.find(({ name }) => name === "sched_cls");
  if (variant === undefined) return;
  // r1 = skb->sk; leave when there is none
  const common: Word[] = [[0x79, 1, 1, 168, 0], [0x55, 1, 0, 2, 0], [0xb7, 0, 0, 0, 0], EXIT];
  const from = (helper: number): Word[] => [
    ...common,
    [0x85, 0, 0, 0, helper],
    [0x55, 0, 0, 2, 0],
    [0xb7, 0, 0, 0, 0],
    EXIT,
    [0xbf, 1, 0, 0, 0],
  ];
  const kinds = { sock_common: common, sock: from(HELPER.bpf_sk_fullsock), tcp_sock: from(HELPER.bpf_tcp_sock) };
  for (const [socket, code] of Object.entries(kinds)) {
    const reads: string[] = [];
    for (let offset = 0; offset < 128; offset++) {
      for (const size of SIZES) {
        const load: Word = [LOADS[size], 2, 1, offset, 0];
        if (offset % size === 0 && prober.load(variant, [...code, load, [0xb7, 0, 0, 0, 0], EXIT], 0).accepted)
          reads.push(`${offset}/${size}`);
      }
    }
    yield { socket, reads };
  }
}
