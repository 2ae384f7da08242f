/**
 * How fast the interpreter of the embedded engine is: nanoseconds an instruction for programs of different mixes, and
 * what one packet costs beyond its instructions. Run: `node bench/interpreter.ts`.
 */

import { openEmbedded } from "../src/engine/embedded/engine.ts";
import { runRaw } from "../src/engine/embedded/raw.ts";
import { assemble } from "../src/isa/assemble.ts";
import { encode } from "../src/isa/encode.ts";
import type { Spec } from "../src/object/spec.ts";

const ROUNDS = 5;
const loop = (body: string, times: number): string => `r9 = ${times}\nr8 = r1\ntop:\n${body}\nr9 -= 1\nif r9 != 0 goto top\nexit`;

const MIXES: readonly (readonly [string, string])[] = [
  ["64-bit add, xor, shift", loop("r0 += 7\nr0 ^= r9\nr2 = r0\nr2 >>= 7\nr0 += r2", 300_000)],
  ["64-bit multiply", loop("r0 += 7\nr0 *= r9", 500_000)],
  ["64-bit divide", loop("r0 = -1\nr0 /= r9", 300_000)],
  ["32-bit add, xor, rotate", loop("w0 += 7\nw0 ^= w9\nw2 = w0\nw2 <<= 5\nw0 >>= 27\nw0 |= w2", 300_000)],
  [
    "stack: store, load",
    loop("*(u64 *)(r10 - 8) = r0\nr0 = *(u64 *)(r10 - 8)\n*(u32 *)(r10 - 16) = r9\nw2 = *(u32 *)(r10 - 16)\nr0 += r2", 300_000),
  ],
  ["packet: byte loads", loop("w2 = *(u8 *)(r8 + 12)\nw3 = *(u8 *)(r8 + 13)\nw2 <<= 8\nw2 |= w3\nr0 += r2", 300_000)],
  ["branches", loop("if r9 > 100 goto +1\nr0 += 1\nif w9 s< 50 goto +1\nr0 += 2\nif r9 & 1 goto +1\nr0 += 3", 300_000)],
  ["atomic add", loop("r2 = 1\nlock *(u64 *)(r10 - 8) += r2", 500_000)],
  ["local call", `${loop("r1 = r9\ncall f", 200_000)}\nf:\nr0 = r1\nexit`],
];

const memory = new Uint8Array(64);
// All of them once before the first is measured: what V8 learns from one changes the code for the others.
for (let warm = 0; warm < 2; warm++) for (const [, text] of MIXES) runRaw(assemble(text), { memory });

console.log("interpreter                     ns/instruction");
for (const [name, text] of MIXES) {
  const code = encode(assemble(text));
  let best = Number.POSITIVE_INFINITY;
  for (let round = 0; round < ROUNDS; round++) {
    const start = performance.now();
    const { instructions } = runRaw(code, { memory });
    best = Math.min(best, ((performance.now() - start) * 1e6) / instructions);
  }
  console.log(`  ${name.padEnd(30)}${best.toFixed(2).padStart(8)}`);
}

// A packet: copied in, context laid out, two instructions.
const spec: Spec = {
  name: "bench",
  license: "GPL",
  types: null,
  maps: [],
  programs: [
    {
      name: "pass",
      section: "xdp",
      type: "xdp",
      attachType: "xdp",
      code: encode(assemble("r0 = 2\nexit")),
      relocations: [],
      functions: [],
      lines: [],
    },
  ],
};
const engine = openEmbedded({ unsafe: true, execution: "interpreter" });
const device = engine.addDevice("eth0");
const collection = await engine.load(spec);
await collection.programs["pass"]?.attach({ interface: "eth0" });
console.log("\none packet, an empty program        ns/packet");
for (const size of [64, 256, 1500]) {
  const packet = new Uint8Array(size);
  let best = Number.POSITIVE_INFINITY;
  for (let round = 0; round < ROUNDS; round++) {
    const start = performance.now();
    for (let i = 0; i < 200_000; i++) device.receive(packet);
    best = Math.min(best, ((performance.now() - start) * 1e6) / 200_000);
  }
  console.log(`  ${`${size} bytes`.padEnd(30)}${best.toFixed(0).padStart(8)}`);
}
await engine[Symbol.asyncDispose]();
