/** What is counted, by name: as perf(1) would open it. */

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { fakeFacts } from "../fixtures/fake-kernel.ts";
import { perfEventNamed } from "./perf-names.ts";

const CPU = "/sys/bus/event_source/devices/cpu";
const facts = fakeFacts({
  [`${CPU}/type`]: "4",
  [`${CPU}/format/event`]: "config:0-7,32-35",
  [`${CPU}/format/umask`]: "config:8-15",
  [`${CPU}/format/edge`]: "config:18",
  [`${CPU}/format/ldlat`]: "config1:0-15",
  [`${CPU}/events/cache-misses`]: "event=0x2e,umask=0x41",
});

describe("a name", () => {
  for (const [name, expected] of [
    ["cpu-clock", { type: 1, config: 0n, single: false }],
    ["context-switches", { type: 1, config: 3n, single: true }],
    ["cycles", { type: 0, config: 0n, single: false }],
    ["L1-dcache-loads", { type: 3, config: 0n, single: false }],
    ["L1-dcache-load-misses", { type: 3, config: 0x1_0000n, single: false }],
    ["LLC-store-misses", { type: 3, config: 0x1_0102n, single: false }],
    ["iTLB-prefetches", { type: 3, config: 0x204n, single: false }],
    ["r1a8", { type: 4, config: 0x1a8n, single: false }],
    ["mem:0x1234", { type: 5, config: 0n, config1: 0x1234n, config2: 4n, breakpoint: 3, single: true }],
    ["mem:0x1234/8:w", { type: 5, config: 0n, config1: 0x1234n, config2: 8n, breakpoint: 2, single: true }],
    ["mem:4660:x", { type: 5, config: 0n, config1: 4660n, config2: 8n, breakpoint: 4, single: true }],
    ["cpu/event=0x3c,umask=1/", { type: 4, config: 0x13cn, config1: 0n, config2: 0n, single: false }],
    ["cpu/event=0x53c,edge/", { type: 4, config: 0x5_0004_003cn, config1: 0n, config2: 0n, single: false }],
    ["cpu/cache-misses,ldlat=30/", { type: 4, config: 0x412en, config1: 30n, config2: 0n, single: false }],
  ] as const) {
    test(name, () => assert.deepEqual(perfEventNamed(facts, name), expected));
  }
});

describe("what nobody counts", () => {
  for (const [name, message] of [
    ["cpu-clok", 'nobody counts "cpu-clok"; did you mean cpu-clock?'],
    ["L1-dcache-lods", 'nobody counts "L1-dcache-lods"; did you mean L1-dcache-loads?'],
    ["mem:0x10:rwx", "mem:0x10:rwx: an address is watched for r, w, rw or x"],
    ["mem:0x10/3", "mem:0x10/3: expected 1, 2, 4 or 8 bytes, found 3"],
    ["cpi/event=1/", "cpi/event=1/: there is no /sys/bus/event_source/devices/cpi; did you mean cpu?"],
    ["cpu/evnt=1/", "cpu/evnt=1/: cpu has no evnt; it has cache-misses, event, umask, edge, ldlat"],
    ["cpu/event=x/", "cpu/event=x/: expected a number, found event=x"],
  ] as const) {
    test(name, () => assert.throws(() => perfEventNamed(facts, name), { name: "PerfNameError", message }));
  }
});
