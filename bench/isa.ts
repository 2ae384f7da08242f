/**
 * How long one instruction takes in src/isa. `node bench/isa.ts` prints a table; median of 15 rounds.
 *
 * The program is 100,000 instructions with the mix of a compiled one: about half loads and stores, a third arithmetic, the
 * rest jumps, calls and wide loads.
 */

import { assemble } from "../src/isa/assemble.ts";
import { decode } from "../src/isa/decode.ts";
import { encode } from "../src/isa/encode.ts";
import { checkJumps } from "../src/isa/jumps.ts";
import { printProgram } from "../src/isa/print.ts";
import { requirements } from "../src/isa/requirements.ts";

const COUNT = 100_000;
const ROUNDS = 15;

const mix = assemble(`
  r2 = *(u32 *)(r1 +76)
  r3 = *(u32 *)(r1 +80)
  r4 = r2
  r4 += 14
  if r4 > r3 goto pc+0
  r5 = *(u16 *)(r2 +12)
  r5 = be16 r5
  if w5 != 0x800 goto pc+0
  *(u64 *)(r10 -8) = r5
  *(u32 *)(r10 -16) = 0
  r1 = map[fd:3]
  r2 = r10
  r2 += -16
  call bpf_map_lookup_elem#1
  if r0 == 0x0 goto pc+0
  lock *(u64 *)(r0 +0) += r6
  r7 = *(u64 *)(r10 -8)
  *(u64 *)(r10 -24) = r7
  r8 = *(u8 *)(r0 +8)
  w8 <<= 2
`);
const program = Array.from({ length: COUNT - 1 }, (_, index) => mix[index % mix.length]!).concat(assemble("exit"));
const code = encode(program);
const text = printProgram(program);

const benches: [name: string, run: () => unknown][] = [
  ["decode", () => decode(code)],
  ["encode", () => encode(program)],
  ["checkJumps", () => checkJumps(program)],
  ["requirements", () => requirements(program)],
  ["printProgram", () => printProgram(program)],
  ["assemble", () => assemble(text)],
];

console.log(`node ${process.version}, ${COUNT} instructions`);
console.log("              ns/instruction");
for (const [name, run] of benches) {
  const times: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const start = performance.now();
    run();
    times.push(((performance.now() - start) * 1e6) / COUNT);
  }
  times.sort((a, b) => a - b);
  console.log(`${name.padEnd(14)}${times[ROUNDS >> 1]!.toFixed(1).padStart(14)}`);
}
