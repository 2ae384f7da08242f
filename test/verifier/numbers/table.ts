/**
 * Small programs that bring two registers into known shapes and then compute or compare: what a kernel prints of them (its log
 * of level 2) is compared with what `src/verifier/numbers` finds.
 */

/** One instruction of eight bytes; `wide` is the second half of a 64-bit constant. */
export interface Instruction {
  readonly code: number;
  readonly dst: number;
  readonly src: number;
  readonly off: number;
  readonly imm: number;
  readonly wide?: number;
}

export function instruction(code: number, dst: number, src: number, off: number, imm: number): Instruction {
  return { code, dst, src, off, imm };
}

/** A jump whose target is the program's last two instructions, which leave. */
const LEAVE = 0x7fff;

const alu64 = (op: number, dst: number, imm: number) => instruction(0x07 | op, dst, 0, 0, imm);
const leaveIf = (op: number, dst: number, imm: number) => instruction(0x05 | op, dst, 0, LEAVE, imm);
const leaveIf32 = (op: number, dst: number, imm: number) => instruction(0x06 | op, dst, 0, LEAVE, imm);
const constant = (dst: number, lo: number, hi: number): Instruction => ({ ...instruction(0x18, dst, 0, 0, lo), wide: hi });

const [ADD, OR, AND, LSH, RSH, MOV, ARSH] = [0x00, 0x40, 0x50, 0x60, 0x70, 0xb0, 0xc0];
const [JEQ, JGT, JNE, JSGT, JSGE, JLT, JSLT] = [0x10, 0x20, 0x50, 0x60, 0x70, 0xa0, 0xc0];

/** Each makes a register that holds any number into one of which something is known. `t` is free. */
export const SHAPES: Readonly<Record<string, (r: number, t: number) => readonly Instruction[]>> = {
  any: () => [],
  "any of 32 bits": (r) => [instruction(0xbc, r, r, 0, 0)],
  byte: (r) => [alu64(AND, r, 255)],
  "multiple of 8": (r) => [alu64(AND, r, -8)],
  "0 to 100": (r) => [leaveIf(JGT, r, 100)],
  "1 to 255": (r) => [alu64(AND, r, 255), leaveIf(JEQ, r, 0)],
  "-5 to 5": (r) => [leaveIf(JSGT, r, 5), leaveIf(JSLT, r, -5)],
  "-1 to 0": (r) => [alu64(ARSH, r, 63)],
  negative: (r) => [leaveIf(JSGE, r, 0)],
  "not negative": (r) => [leaveIf(JSLT, r, 0)],
  "the last 2^31": (r) => [leaveIf(JLT, r, -0x80000000)],
  "low half -10 to 10": (r) => [leaveIf32(JSGT, r, 10), leaveIf32(JSLT, r, -10)],
  "low half up to 20": (r) => [leaveIf32(JGT, r, 20)],
  "low half negative": (r) => [leaveIf32(JSGE, r, 0)],
  "int32 in 64 bits": (r) => [alu64(LSH, r, 32), alu64(ARSH, r, 32)],
  "-3 to 9 in 64 bits": (r) => [alu64(LSH, r, 32), alu64(ARSH, r, 32), leaveIf(JSGT, r, 9), leaveIf(JSLT, r, -3)],
  "some bits": (r) => [alu64(AND, r, 0xf0), alu64(OR, r, 3)],
  "about 2^31": (r, t) => [alu64(AND, r, 255), constant(t, 0x7fffffa0, 0), instruction(0x0f, r, t, 0, 0)],
  "about 2^32": (r, t) => [alu64(AND, r, 255), constant(t, -0x60, 0), instruction(0x0f, r, t, 0, 0)],
  "about 2^63": (r, t) => [alu64(AND, r, 255), constant(t, -0x60, 0x7fffffff), instruction(0x0f, r, t, 0, 0)],
  "about 2^64": (r, t) => [alu64(AND, r, 255), constant(t, -0x60, -1), instruction(0x0f, r, t, 0, 0)],
  "high bits": (r) => [alu64(RSH, r, 4), alu64(LSH, r, 40)],
  "0": (r) => [alu64(MOV, r, 0)],
  "1": (r) => [alu64(MOV, r, 1)],
  "-1": (r) => [alu64(MOV, r, -1)],
  "8": (r) => [alu64(MOV, r, 8)],
  "32": (r) => [alu64(MOV, r, 32)],
  "63": (r) => [alu64(MOV, r, 63)],
  "4294967295": (r) => [instruction(0xb4, r, 0, 0, -1)],
  "2^32 + 5": (r) => [constant(r, 5, 1)],
  "-2^31": (r) => [alu64(MOV, r, -0x80000000)],
  "-2^63": (r) => [constant(r, 0, -0x80000000)],
  "not 8": (r) => [alu64(AND, r, 24), alu64(ADD, r, 8), leaveIf(JEQ, r, 8)],
  "-8 to -1": (r) => [alu64(OR, r, -8), leaveIf(JNE, r, -9)],
};

/** The registers of every program: both operands, and the result. */
export const LEFT = 6;
export const RIGHT = 7;
export const RESULT = 8;

/** Both registers in their shapes. */
function operands(left: string, right: string): Instruction[] {
  const call = instruction(0x85, 0, 0, 0, 7);
  return [
    call,
    instruction(0xbf, LEFT, 0, 0, 0),
    call,
    instruction(0xbf, RIGHT, 0, 0, 0),
    ...SHAPES[left]!(LEFT, RESULT),
    ...SHAPES[right]!(RIGHT, RESULT),
  ];
}

const ALU = [0x00, 0x10, 0x20, 0x30, 0x40, 0x50, 0x60, 0x70, 0x90, 0xa0, 0xc0];
export const JUMPS = [0x10, 0x20, 0x30, 0x40, 0x50, 0x60, 0x70, 0xa0, 0xb0, 0xc0, 0xd0];

/** All arithmetic with two registers of these shapes, in both widths. */
export function arithmetic(left: string, right: string): Instruction[] {
  const body = operands(left, right);
  for (const op of ALU) {
    body.push(instruction(0xbf, RESULT, LEFT, 0, 0), instruction(0x0f | op, RESULT, RIGHT, 0, 0));
    body.push(instruction(0xbf, RESULT, LEFT, 0, 0), instruction(0x0c | op, RESULT, RIGHT, 0, 0));
  }
  return linked(body);
}

/** Operations on one register. @param era movsx came with 6.6. */
export function single(left: string, era: number): Instruction[] {
  const body = operands(left, "0");
  const codes: [number, number, number][] = [
    [0x87, 0, 0],
    [0x84, 0, 0],
    [0xd4, 0, 16],
    [0xdc, 0, 32],
    [0xdc, 0, 64],
    ...[1, 4, 31].flatMap((by): [number, number, number][] => [
      [0x64, 0, by],
      [0x74, 0, by],
      [0xc4, 0, by],
    ]),
    ...[1, 4, 31, 32, 33, 63].flatMap((by): [number, number, number][] => [
      [0x67, 0, by],
      [0x77, 0, by],
      [0xc7, 0, by],
    ]),
  ];
  for (const [code, off, imm] of codes) body.push(instruction(0xbf, RESULT, LEFT, 0, 0), instruction(code, RESULT, 0, off, imm));
  if (era >= 606) {
    for (const bits of [8, 16, 32]) body.push(instruction(0xbf, RESULT, LEFT, bits, 0));
    for (const bits of [8, 16]) body.push(instruction(0xbc, RESULT, LEFT, bits, 0));
  }
  body.push(instruction(0xbc, RESULT, LEFT, 0, 0));
  return linked(body);
}

/** One comparison of two registers of these shapes: both ways are printed. `code` has the width. */
export function comparison(left: string, right: string, code: number, rightRegister = RIGHT): Instruction[] {
  const branch = instruction(code | 0x08, LEFT, rightRegister, 2, 0);
  return linked([...operands(left, right), branch, instruction(0xb7, 0, 0, 0, 1), instruction(0x95, 0, 0, 0, 0)]);
}

/** Steps that follow each other, each of the last one's result. @param era movsx came with 6.6. */
export function steps(era: number): [string, Instruction][] {
  const wide: [string, number, number][] = [
    ["&= 0xff0", 0x57, 0xff0],
    ["&= -16", 0x57, -16],
    ["|= 1", 0x47, 1],
    ["^= -1", 0xa7, -1],
    ["+= 1000", 0x07, 1000],
    ["+= -3", 0x07, -3],
    ["-= 7", 0x17, 7],
    ["*= 3", 0x27, 3],
    ["*= -2", 0x27, -2],
    ["<<= 3", 0x67, 3],
    [">>= 5", 0x77, 5],
    ["s>>= 2", 0xc7, 2],
    ["neg", 0x87, 0],
    ["w += 0x7fffff00", 0x04, 0x7fffff00],
    ["w -= 1", 0x14, 1],
    ["w <<= 4", 0x64, 4],
    ["w >>= 28", 0x74, 28],
    ["w s>>= 31", 0xc4, 31],
    ["w *= 5", 0x24, 5],
    ["w ^= 0x80000000", 0xa4, -0x80000000],
    ["w &= 6", 0x54, 6],
    ["w |= 0x100", 0x44, 0x100],
    ["w neg", 0x84, 0],
    ["be32", 0xdc, 32],
  ];
  const found: [string, Instruction][] = wide.map(([name, code, imm]) => [name, instruction(code, RESULT, 0, 0, imm)]);
  found.push(["zext", instruction(0xbc, RESULT, RESULT, 0, 0)]);
  if (era >= 606) for (const bits of [8, 32]) found.push([`sext${bits}`, instruction(0xbf, RESULT, RESULT, bits, 0)]);
  return found;
}

/** Conditions at their end. */
export const ENDS: readonly (readonly [number, number])[] = [
  [0x25, 12],
  [0x65, -1],
  [0x16, 3],
  [0xb5, 0x7fffffff],
  [0x56, -16],
  [0x45, 0x80],
  [0xc6, 0],
  [0x35, -0x80000000],
  [0x15, 0xff0],
  [0x46, -0x80000000],
  [0x76, -7],
];

/** A register of this shape, two steps, and a comparison. */
export function chain(left: string, one: Instruction, two: Instruction, end: readonly [number, number]): Instruction[] {
  const branch = instruction(end[0], RESULT, 0, 2, end[1]);
  // Nothing else may be linked with the copy, or it would learn from the comparison too.
  const copied = [instruction(0xbf, RESULT, LEFT, 0, 0), instruction(0xb7, LEFT, 0, 0, 0)];
  const ends = [instruction(0xb7, 0, 0, 0, 1), instruction(0x95, 0, 0, 0, 0)];
  return linked([...operands(left, "0"), ...copied, one, two, branch, ...ends]);
}

/** A register of this shape in the stack, and read again in parts. The kernel knows them since 6.8; before, what is read is any number so long, or a zero. */
export function stored(left: string, era: number): Instruction[] {
  const loads = [0x61, 0x69, 0x71, ...(era >= 606 ? [0x81, 0x89, 0x91] : [])];
  const store = instruction(0x7b, 10, LEFT, -8, 0);
  return linked([...operands(left, "0"), store, ...loads.map((code) => instruction(code, RESULT, 10, -8, 0))]);
}

/** Jumps that leave get their distance; the program leaves at its end. */
function linked(body: readonly Instruction[]): Instruction[] {
  let slot = 0;
  const starts = body.map((one) => {
    const start = slot;
    slot += one.wide === undefined ? 1 : 2;
    return start;
  });
  return [
    ...body.map((one, index) => (one.off === LEAVE ? { ...one, off: slot - starts[index]! - 1 } : one)),
    instruction(0xb7, 0, 0, 0, 0),
    instruction(0x95, 0, 0, 0, 0),
  ];
}

export function encoded(program: readonly Instruction[]): Uint8Array {
  const slots = program.flatMap((one) => (one.wide === undefined ? [one] : [one, instruction(0, 0, 0, 0, one.wide)]));
  const view = new DataView(new ArrayBuffer(slots.length * 8));
  slots.forEach((one, index) => {
    view.setUint8(index * 8, one.code);
    view.setUint8(index * 8 + 1, one.dst | (one.src << 4));
    view.setInt16(index * 8 + 2, one.off, true);
    view.setInt32(index * 8 + 4, one.imm, true);
  });
  return new Uint8Array(view.buffer);
}
