/** What helpers do counts as fuel, so that a loop around any of them ends about as soon as any other loop. */

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { openEmbedded } from "../../src/engine/embedded/engine.ts";
import { FaultError } from "../../src/engine/errors.ts";
import { HELPER, type HelperName } from "../../src/uapi/helpers.ts";
import { type MapShape, specOf } from "../contract/specs.ts";

/** A sixteenth of what a program gets if nobody says otherwise. */
const FUEL = 4 << 20;
/** Milliseconds: far above what it takes on a busy machine, far below what it took before the work was counted. */
const PATIENCE = 2_500;

const MAPS: Readonly<Record<string, MapShape>> = {
  hash: { type: "hash", key: "u32", value: "u64", maxEntries: 1 << 18 },
  used: { type: "lru_hash", key: "u32", value: "u64", maxEntries: 1 << 16 },
  trie: { type: "lpm_trie", key: 8, value: "u64", maxEntries: 1 << 16, flags: 1 },
  ring: { type: "ringbuf", key: 0, value: 0, maxEntries: 1 << 16 },
  queue: { type: "queue", key: 0, value: "u64", maxEntries: 64 },
};

/** Text on the stack, from r10 - `at` on. */
const text = (at: number, characters: string): string =>
  [...characters, "\0"].map((one, index) => `*(u8 *)(r10 - ${at - index}) = ${one.charCodeAt(0)}`).join("\n");

const CLEAR = Array.from({ length: 16 }, (_, word) => `*(u64 *)(r10 - ${512 - word * 8}) = 0`).join("\n");

interface Attack {
  /** Runs once, then `body` for ever; r6 is the context. */
  readonly begin?: string;
  readonly body: string;
}

const ATTACKS: Readonly<Record<string, Attack>> = {
  "printing text of enormous width": {
    begin: text(64, "%d %d %999999x"),
    body: "r1 = r10\nr1 += -64\nr2 = 15\nr3 = 1\nr4 = 2\nr5 = 3\ncall bpf_trace_printk",
  },
  "formatting text of enormous width": {
    begin: `${text(64, "%d %px %999999x")}\n${CLEAR}`,
    body: "r1 = r10\nr1 += -384\nr2 = 256\nr3 = r10\nr3 += -64\nr4 = r10\nr4 += -512\nr5 = 24\ncall bpf_snprintf",
  },
  "reading numbers": {
    begin: text(64, "1234567890123456"),
    body: "r1 = r10\nr1 += -64\nr2 = 17\nr3 = 0\nr4 = r10\nr4 += -128\ncall bpf_strtol",
  },
  "asking for the time": { body: "call bpf_jiffies64" },
  "filling a map": {
    begin: CLEAR,
    body: "*(u32 *)(r10 - 4) = r7\nr7 += 1\nr1 = map hash\nr2 = r10\nr2 += -4\nr3 = r10\nr3 += -512\nr4 = 0\ncall bpf_map_update_elem",
  },
  "evicting from a map": {
    begin: CLEAR,
    body: "*(u32 *)(r10 - 4) = r7\nr7 += 1\nr1 = map used\nr2 = r10\nr2 += -4\nr3 = r10\nr3 += -512\nr4 = 0\ncall bpf_map_update_elem",
  },
  "filling a trie": {
    begin: `${CLEAR}\n*(u32 *)(r10 - 8) = 32`,
    body: "r7 *= 0x5bd1e995\nr7 += 1\n*(u32 *)(r10 - 4) = r7\nr1 = map trie\nr2 = r10\nr2 += -8\nr3 = r10\nr3 += -512\nr4 = 0\ncall bpf_map_update_elem",
  },
  "sending records": { begin: CLEAR, body: "r1 = map ring\nr2 = r10\nr2 += -512\nr3 = 64\nr4 = 0\ncall bpf_ringbuf_output" },
  "pushing values": { begin: CLEAR, body: "r1 = map queue\nr2 = r10\nr2 += -512\nr3 = 2\ncall bpf_map_push_elem" },
  "asking for routes": { begin: CLEAR, body: "r1 = r6\nr2 = r10\nr2 += -512\nr3 = 64\nr4 = 0\ncall bpf_fib_lookup" },
  "moving the packet": { body: "r1 = r6\nr2 = 0\ncall bpf_xdp_adjust_head" },
};

describe("a loop around a helper ends by fuel, soon", () => {
  for (const [what, { begin = "", body }] of Object.entries(ATTACKS)) {
    for (const execution of ["jit", "interpreter"] as const) {
      test(`${what}: ${execution}`, async () => {
        let printed = 0;
        await using engine = openEmbedded({ unsafe: true, execution, fuel: FUEL, cpus: 2, onPrint: () => printed++ });
        const source = `r6 = r1\nr7 = 0\n${begin}\nagain:\n${body}\ngoto again`;
        const plain = source.replace(/call (bpf_\w+)/g, (_, name: string) => `call ${HELPER[name as HelperName]}`);
        await using collection = await engine.load(specOf(MAPS, { main: plain }));
        const began = performance.now();
        assert.throws(
          () => collection.programs["main"]!.run({ packet: new Uint8Array(60) }),
          (error) => error instanceof FaultError && /stopped after \d+ instructions/.test(error.message),
        );
        const took = performance.now() - began;
        assert.ok(took < PATIENCE, `${took.toFixed(0)} ms`);
        assert.ok(printed < FUEL / 1024, `${printed} lines`);
      });
    }
  }
});
