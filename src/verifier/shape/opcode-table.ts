/** Opcodes that a kernel's verifier knows at all: `bpf_opcode_in_insntable` of kernel/bpf/core.c. */

/** By opcode: the first kernel with it, major * 100 + minor; 0: none. */
const SINCE = new Uint16Array(256);

/** `BPF_OP`s. */
const ALU = [0x00, 0x10, 0x20, 0x30, 0x40, 0x50, 0x60, 0x70, 0x90, 0xa0, 0xb0, 0xc0];
const NEG = 0x80;
const END = 0xd0;
const CONDITIONS = [0x10, 0x20, 0x30, 0x40, 0x50, 0x60, 0x70, 0xa0, 0xb0, 0xc0, 0xd0];
const SIZES = [0x00, 0x08, 0x10, 0x18];

for (const operation of ALU) for (const variant of [0x04, 0x0c, 0x07, 0x0f]) SINCE[operation | variant] = 1;
for (const variant of [0x04, 0x07]) SINCE[NEG | variant] = 1;
for (const variant of [0x04, 0x0c]) SINCE[END | variant] = 1;
// bswap
SINCE[END | 0x07] = 606;
for (const operation of CONDITIONS) for (const variant of [0x05, 0x0d, 0x06, 0x0e]) SINCE[operation | variant] = 1;
// ja, ja32, call, exit, may_goto
SINCE[0x05] = 1;
SINCE[0x06] = 1;
SINCE[0x85] = 1;
SINCE[0x95] = 1;
SINCE[0xe5] = 609;
for (const size of SIZES) {
  // ldx, st and stx of mode MEM
  for (const operationClass of [1, 2, 3]) SINCE[0x60 | size | operationClass] = 1;
}
// Sign-extending loads
for (const size of [0x00, 0x08, 0x10]) SINCE[0x81 | size] = 606;
// Atomics of 4 and 8 bytes; of 1 and 2 since there are load_acquire and store_release.
for (const size of [0x00, 0x18]) SINCE[0xc3 | size] = 1;
for (const size of [0x08, 0x10]) SINCE[0xc3 | size] = 615;
// ld_imm64, and what classic BPF left: ld_abs, ld_ind
SINCE[0x18] = 1;
for (const size of [0x00, 0x08, 0x10]) {
  SINCE[0x20 | size] = 1;
  SINCE[0x40 | size] = 1;
}

export function isKnownOpcode(opcode: number, era: number): boolean {
  const since = SINCE[opcode]!;
  return since !== 0 && since <= era;
}
