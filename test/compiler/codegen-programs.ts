/**
 * XDP programs of the IR in shapes that verifiers are known to be particular about, and what each returns for `PACKET`.
 * Generated for every cpu version, each must load in a kernel.
 */

/** 64 bytes: byte n is n, but for an Ethernet type of IPv4 and a header length at 14. */
export const PACKET: Uint8Array = Uint8Array.from({ length: 64 }, (_, index) =>
  index === 12 ? 0x08 : index === 13 ? 0x00 : index === 14 ? 0x45 : index,
);

interface Program {
  readonly name: string;
  readonly body: string;
  readonly verdict: number;
}

/** The packet's ends, and a check for `length` bytes; continues in b1, or returns 0 from b9. */
const checked = (length: number): string => `b0:
    v1: ptr = load.u32 [v0 + 0]
    v2: ptr = load.u32 [v0 + 4]
    v3: i64 = const ${length}
    v4: ptr = add v1, v3
    branch.ugt v4, v2 ? b2 : b1`;

const RETURN_ZERO = `b2:
    v90: i32 = const 0
    return v90`;

const registers = (count: number, text: (index: number) => string): string =>
  Array.from({ length: count }, (_, index) => text(index)).join("\n");

export const PROGRAMS: readonly Program[] = [
  {
    name: "packet pointer and values across calls",
    // Ten values and the pointer live across a call: some are spilled, and the pointer keeps its checked range.
    body: `${checked(64)}
    b1:
      ${registers(10, (index) => `v${10 + index}: i32 = load.u8 [v1 + ${20 + index}]`)}
      v30: i64 = call bpf_ktime_get_ns#5()
      v31: i32 = load.u8 [v1 + 40]
      v32: ptr = add v1, v3
      v33: i64 = call bpf_get_smp_processor_id#8()
      v34: i32 = load.u8 [v1 + 63]
      v35: i32 = add v31, v34
      ${registers(10, (index) => `v${40 + index}: i32 = add v${index === 0 ? 35 : 39 + index}, v${10 + index}`)}
      return v49
    ${RETURN_ZERO}`,
    verdict: 40 + 63 + 20 + 21 + 22 + 23 + 24 + 25 + 26 + 27 + 28 + 29,
  },
  {
    name: "a header of variable length",
    body: `${checked(34)}
    b1:
      v5: i32 = load.u8 [v1 + 14]
      v6: i32 = const 15
      v7: i32 = and v5, v6
      v8: i32 = const 2
      v9: i32 = shl v7, v8
      v10: i64 = extend.u32 v9
      v11: i64 = const 14
      v12: ptr = add v1, v11
      v13: ptr = add v12, v10
      v14: i64 = const 8
      v15: ptr = add v13, v14
      branch.ugt v15, v2 ? b2 : b3
    ${RETURN_ZERO}
    b3:
      v16: i32 = load.u16 [v13 + 2]
      v17: i32 = be16 v16
      return v17`,
    verdict: (36 << 8) | 37,
  },
  {
    name: "an offset checked in 32 bits and used in 64",
    body: `${checked(34)}
    b1:
      v5: i32 = load.u32 [v1 + 20]
      v6: i32 = const 24
      v7: i32 = lshr v5, v6
      v8: i32 = const 30
      branch.ugt v7, v8 ? b2 : b3
    ${RETURN_ZERO}
    b3:
      v9: i64 = extend.u32 v7
      v10: ptr = add v1, v9
      v11: i64 = const 1
      v12: ptr = add v10, v11
      branch.ugt v12, v2 ? b2 : b4
    b4:
      v13: i32 = load.u8 [v10 + 0]
      return v13`,
    verdict: 23,
  },
  {
    name: "a bounded loop over bytes, each checked",
    body: `${checked(34)}
    b1:
      v5: i32 = const 0
      jump b3(v5, v5)
    ${RETURN_ZERO}
    b3(v6: i32, v7: i32):
      v8: i32 = const 32
      branch.ult v6, v8 ? b4 : b6
    b4:
      v9: i64 = extend.u32 v6
      v10: ptr = add v1, v9
      v11: i64 = const 17
      v12: ptr = add v10, v11
      branch.ugt v12, v2 ? b6 : b5
    b5:
      v13: i32 = load.u8 [v10 + 16]
      v14: i32 = add v7, v13
      v15: i32 = const 1
      v16: i32 = add v6, v15
      jump b3(v16, v14)
    b6:
      return v7`,
    verdict: registersSum(16, 48),
  },
  {
    name: "signed arithmetic of 32 and 64 bits",
    body: `${checked(34)}
    b1:
      v5: i32 = load.u8 [v1 + 30]
      v6: i32 = const 4294967295
      v7: i32 = mul v5, v6
      v8: i32 = const 7
      v9: i32 = sdiv v7, v8
      v10: i32 = smod v7, v8
      v11: i64 = extend.s32 v9
      v12: i64 = extend.s32 v10
      v13: i64 = mul v11, v12
      v14: i64 = const 1
      v15: i64 = ashr v13, v14
      v16: i32 = extend.u32 v15
      v17: i32 = compare.slt v9, v10
      v18: i32 = add v16, v17
      return v18
    ${RETURN_ZERO}`,
    verdict: ((-4 * -2) >> 1) + 1,
  },
  {
    name: "memory of the frame, and atomic operations on it",
    body: `slot 0: 16 align 8 "counter"
    ${checked(34)}
    b1:
      v5: ptr = slot 0
      v6: i64 = const 5
      v7: i64 = const 1099511627776
      store.u64 [v5 + 0], v6
      store.u64 [v5 + 8], v7
      atomic.add.u64 [v5 + 0], v6
      v8: i64 = load.u64 [v5 + 0]
      v9: i64 = load.u64 [v5 + 8]
      v10: i64 = const 38
      v11: i64 = lshr v9, v10
      v12: i64 = add v8, v11
      v13: i32 = extend.u32 v12
      return v13
    ${RETURN_ZERO}`,
    verdict: 14,
  },
];

function registersSum(from: number, below: number): number {
  let sum = 0;
  for (let value = from; value < below; value++) sum += value;
  return sum;
}
