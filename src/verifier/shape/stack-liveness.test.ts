import assert from "node:assert/strict";
import { test } from "node:test";
import { assemble } from "../../isa/assemble.ts";
import { encode } from "../../isa/encode.ts";
import { prepare } from "../prepare.ts";
import { Frame } from "../state/frame.ts";
import { kernelTarget } from "../targets/index.ts";
import { analyseFlow } from "./analyse.ts";
import { StackLiveness } from "./stack-liveness.ts";

const target = kernelTarget("6.18", null);

function livenessOf(text: string): StackLiveness {
  const source = {
    name: "main",
    section: "",
    type: "socket_filter",
    attachType: null,
    code: encode(assemble(text)),
    relocations: [],
    functions: [],
    lines: [],
  } as const;
  const program = prepare({ name: "test", license: "GPL", types: null, maps: [], programs: [source] }, source, target);
  return new StackLiveness(program, analyseFlow(program));
}

/** A state with these frames: the call that each came by, and which function it runs. */
const chain = (...frames: readonly (readonly [callsite: number, subprogram: number])[]) => ({
  frames: frames.map(([callsite, subprogram], number) => new Frame(callsite, number, subprogram)),
});

const MAIN = chain([-1, 0]);

test("a slot is live from where it is written to where it is last read", () => {
  const liveness = livenessOf("r0 = 0\n*(u64 *)(r10 -8) = r0\nr0 = *(u64 *)(r10 -8)\nr0 = 0\nexit");
  for (let slot = 0; slot < 4; slot++) {
    liveness.begin(MAIN, slot);
    if (slot === 1) liveness.markWrite(0, 0);
    if (slot === 2) liveness.markRead(MAIN, 0, 0);
    liveness.commit();
  }
  liveness.update(MAIN);
  const live = [0, 1, 2, 3].map((slot) => {
    liveness.ask(MAIN, slot);
    return liveness.isLive(0, 0);
  });
  assert.deepEqual(live, [false, false, true, false]);
  assert.equal(liveness.isLive(0, 1), false, "another slot");
});

test("a write that one path does not make whole ends nothing", () => {
  const liveness = livenessOf("r0 = 0\n*(u64 *)(r10 -8) = r0\nr0 = *(u64 *)(r10 -8)\nexit");
  liveness.begin(MAIN, 1);
  liveness.markWrite(0, 0);
  liveness.commit();
  liveness.begin(MAIN, 2);
  liveness.markRead(MAIN, 0, 0);
  liveness.commit();
  liveness.update(MAIN);
  liveness.ask(MAIN, 0);
  assert.equal(liveness.isLive(0, 0), false);
  // The same instruction on another path writes elsewhere.
  liveness.begin(MAIN, 1);
  liveness.commit();
  liveness.update(MAIN);
  liveness.ask(MAIN, 0);
  assert.equal(liveness.isLive(0, 0), true);
});

test("what a function reads of its caller's stack is read by the call", () => {
  const liveness = livenessOf("r1 = r10\ncall sub\nr0 = 0\nexit\nsub: r0 = *(u64 *)(r1 -256)\nexit");
  const inside = chain([-1, 0], [1, 1]);
  liveness.begin(MAIN, 0);
  liveness.commit();
  liveness.begin(MAIN, 1);
  liveness.framesChanged();
  liveness.commit();
  liveness.begin(inside, 4);
  liveness.markRead(inside, 0, 40);
  liveness.commit();
  liveness.begin(inside, 5);
  liveness.update(inside);
  liveness.update(MAIN);
  liveness.ask(MAIN, 0);
  assert.equal(liveness.isLive(0, 40), true);
  assert.equal(liveness.isLive(0, 8), false, "32 slots below");
  liveness.ask(MAIN, 2);
  assert.equal(liveness.isLive(0, 40), false, "after the call");
  liveness.ask(inside, 5);
  assert.equal(liveness.isLive(0, 40), false, "after the read, nor after the call");
  liveness.ask(inside, 4);
  assert.equal(liveness.isLive(0, 40), true);
});

test("what a function surely writes of its caller's stack is not live before the call", () => {
  const liveness = livenessOf("r1 = r10\ncall sub\nr0 = *(u64 *)(r10 -8)\nexit\nsub: r0 = 0\n*(u64 *)(r1 -8) = r0\nexit");
  const inside = chain([-1, 0], [1, 1]);
  liveness.begin(inside, 4);
  liveness.commit();
  liveness.begin(inside, 5);
  liveness.markWrite(0, 0);
  liveness.commit();
  liveness.begin(inside, 6);
  liveness.update(inside);
  liveness.begin(MAIN, 2);
  liveness.markRead(MAIN, 0, 0);
  liveness.commit();
  liveness.update(MAIN);
  liveness.ask(MAIN, 0);
  assert.equal(liveness.isLive(0, 0), false);
  liveness.ask(MAIN, 2);
  assert.equal(liveness.isLive(0, 0), true);
  liveness.ask(inside, 6);
  assert.equal(liveness.isLive(0, 0), true, "it is read after the call");
});

test("a function that may end before its write, by a tail call, does not surely write", () => {
  const liveness = livenessOf(
    "r1 = r10\ncall sub\nr0 = *(u64 *)(r10 -8)\nexit\nsub: call bpf_tail_call#12\nr0 = 0\n*(u64 *)(r6 -8) = r0\nexit",
  );
  const inside = chain([-1, 0], [1, 1]);
  liveness.begin(inside, 6);
  liveness.markWrite(0, 0);
  liveness.commit();
  liveness.begin(inside, 7);
  liveness.update(inside);
  liveness.begin(MAIN, 2);
  liveness.markRead(MAIN, 0, 0);
  liveness.commit();
  liveness.update(MAIN);
  liveness.ask(MAIN, 0);
  assert.equal(liveness.isLive(0, 0), true);
});
