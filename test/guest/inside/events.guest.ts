/** Records of this kernel: waited for, taken out, and counted where they found no room. */

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { PerfEventArray, RingBuffer } from "../../../src/engine/engine.ts";
import { openLinux } from "../../../src/engine/linux/engine.ts";
import { ethernet, ipv4, packet, padding, udp } from "../../../src/packets/index.ts";
import { lacks, typescript } from "./guest.ts";

const PACKET = packet(ethernet(), ipv4(), udp(), padding());

/** Each buffer with the program that writes it. */
const BUFFERS = [
  ["ring", "to_ring"],
  ["perf", "to_perf"],
] as const;

describe("records", { skip: lacks("5.18") }, () => {
  for (const [name, program] of BUFFERS) {
    test(`${name}: waited for in every form, and lost ones counted at once`, async () => {
      await using engine = await openLinux();
      await using collection = await engine.load(typescript("events"));
      const write = (repeat = 1) => collection.programs[program]?.run({ packet: PACKET, repeat });
      const map = collection.maps[name] as unknown as RingBuffer & PerfEventArray;
      if (name === "perf") map.open({ bytes: 4096 });
      const before = engine.descriptors.length;
      const turn = () => new Promise((resolve) => setTimeout(resolve, 20));

      const records = map.records();
      const next = records.next();
      await turn();
      write();
      assert.equal((await next).done, false);
      await records.return?.();

      let leased = 0;
      const done = map.consumeLeased((bytes, offset) => {
        assert.equal(bytes[offset], name === "ring" ? 7 : 9);
        return ++leased < 3;
      });
      for (let round = 0; round < 3; round++) {
        await turn();
        write();
      }
      assert.equal(await done, 3);
      assert.equal(engine.descriptors.length, before, "nothing is waited for any more");

      write(1000);
      const { lost } = map;
      assert.ok(lost > 0);
      assert.equal(lost + map.drain(() => {}), 1000);
    });
  }
});
