import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { FakeKernel, fakeMachine } from "../fixtures/fake-kernel.ts";
import { ERRNO } from "../sys/system-error.ts";
import { EPOLL } from "../sys/transport.ts";
import { MANY } from "./pace.ts";
import { type Awaited, Waiter, waiterOf } from "./waiter.ts";

class Buffer implements Awaited {
  readonly name = "events";
  readonly descriptors: readonly number[];
  readonly size = 1 << 20;
  filled = false;

  constructor(...descriptors: readonly number[]) {
    this.descriptors = descriptors;
  }

  ready(): boolean {
    return this.filled;
  }
}

function stage() {
  const kernel = new FakeKernel();
  const machine = fakeMachine(kernel);
  const waiter = new Waiter(machine);
  const control = () => kernel.others.filter(({ name }) => name === "epoll_ctl").map(({ numbers }) => numbers.slice(1));
  const wake = (): void => {
    for (const { ready } of kernel.watched.values()) ready();
  };
  const holds = (): boolean => [...kernel.watched.values()].some((watched) => watched.holds);
  return { kernel, machine, waiter, control, wake, holds };
}

const EDGE = EPOLL.readable | EPOLL.edge;
/** Whether it is still waited for after some turns of the event loop. */
async function waits(promise: Promise<unknown>): Promise<boolean> {
  let over = false;
  void promise.then(() => {
    over = true;
  });
  for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setTimeout(resolve, 1));
  return !over;
}

describe("one waiter for all buffers", () => {
  test("one epoll descriptor, however many; nothing is left when the last has gone", () => {
    const { kernel, machine, waiter, control } = stage();
    const one = waiter.join(new Buffer(7));
    const two = waiter.join(new Buffer(8, 9));
    assert.equal(machine.ledger.report().length, 1);
    assert.equal(kernel.watched.size, 1);
    one[Symbol.dispose]();
    two[Symbol.dispose]();
    two[Symbol.dispose]();
    assert.deepEqual([machine.ledger.report(), kernel.watched.size, kernel.descriptors.size], [[], 0, 0]);
    assert.deepEqual(control(), [
      [EPOLL.add, 7, EDGE],
      [EPOLL.add, 8, EDGE],
      [EPOLL.add, 9, EDGE],
      [EPOLL.remove, 7, 0],
      [EPOLL.remove, 8, 0],
      [EPOLL.remove, 9, 0],
    ]);
  });

  test("a wake-up ends the wait of those that have something, and of no other", async () => {
    const { waiter, wake, kernel } = stage();
    const full = new Buffer(7);
    const empty = new Buffer(8);
    const [one, two] = [waiter.join(full), waiter.join(empty)];
    const [first, second] = [one.wait(0, 0, false), two.wait(0, 0, false)];
    full.filled = true;
    wake();
    await first;
    assert.ok(await waits(second));
    assert.equal(
      kernel.others.filter(({ name }) => name === "epoll_wait").length,
      1,
      "what was ready is taken out, or we would be told again and again",
    );
    one[Symbol.dispose]();
    two[Symbol.dispose]();
    await second;
  });

  test("what was there before, or came between the last look and now, is seen without a wake-up", async () => {
    const { waiter } = stage();
    const buffer = new Buffer(7);
    using member = waiter.join(buffer);
    buffer.filled = true;
    await member.wait(0, 0, false);
  });

  test("what comes before the event loop knows the descriptor is seen when it does: nobody may be told of it", async () => {
    const { waiter } = stage();
    const buffer = new Buffer(7);
    using member = waiter.join(buffer);
    const first = member.wait(0, 0, false);
    buffer.filled = true;
    await first;
  });

  test("the process lives as long as somebody waits", async () => {
    const { waiter, holds } = stage();
    using member = waiter.join(new Buffer(7));
    assert.equal(holds(), false);
    const waiting = [member.wait(0, 0, false), member.wait(0, 0, false)];
    assert.equal(holds(), true);
    member.wake();
    await Promise.all(waiting);
    assert.equal(holds(), false);
  });

  test("while many come the kernel is told to wake nobody, and a timer looks; then it is told again", async () => {
    const { waiter, control, wake } = stage();
    const buffer = new Buffer(7);
    using member = waiter.join(buffer);
    const first = member.wait(MANY, MANY * 72, false);
    assert.deepEqual(control().at(-1), [EPOLL.change, 7, 0]);
    wake();
    assert.ok(!buffer.filled);
    buffer.filled = true;
    // No wake-up: the timer sees it.
    await first;
    buffer.filled = false;
    const second = member.wait(MANY, MANY * 72, false);
    // The timer finds nothing, and lets the kernel wake us.
    while (control().at(-1)?.[2] !== EDGE) await new Promise((resolve) => setTimeout(resolve, 1));
    buffer.filled = true;
    wake();
    await second;
  });

  test("while many come, what is there already waits for the timer, too, unless there was more than was taken", async () => {
    const { waiter, control } = stage();
    const buffer = new Buffer(7);
    using member = waiter.join(buffer);
    buffer.filled = true;
    let looks = 0;
    buffer.ready = () => {
      looks++;
      return true;
    };
    await member.wait(MANY, MANY * 72, false);
    assert.deepEqual([looks, control().at(-1)], [1, [EPOLL.change, 7, 0]], "the timer looked, and nobody before it");
    await member.wait(MANY, MANY * 72, true);
    assert.equal(looks, 3, "now, and in the next turn");
  });

  test("a buffer that fills in no time is looked at in turn after turn; when nothing comes the kernel wakes us again", async () => {
    const { waiter, wake } = stage();
    const buffer = new Buffer(7);
    using member = waiter.join(buffer);
    let looks = 0;
    buffer.ready = () => ++looks === 2;
    await member.wait(10_000, buffer.size / 2, false);
    assert.equal(looks, 2);
    buffer.ready = () => buffer.filled;
    const second = member.wait(10_000, buffer.size / 2, false);
    assert.ok(await waits(second));
    buffer.filled = true;
    wake();
    await second;
  });

  test("closing ends every wait, also one that a timer looks for", async () => {
    const { waiter, machine } = stage();
    const [one, two] = [waiter.join(new Buffer(7)), waiter.join(new Buffer(8))];
    const waiting = [one.wait(0, 0, false), two.wait(MANY, MANY * 72, false), two.wait(0, 0, false)];
    one[Symbol.dispose]();
    two[Symbol.dispose]();
    await Promise.all(waiting);
    await one.wait(0, 0, false);
    assert.deepEqual(machine.ledger.report(), []);
  });

  test("an engine has one", () => {
    const { machine } = stage();
    assert.equal(waiterOf(machine), waiterOf(machine));
  });

  for (const [name, message] of [
    ["epoll_create1", "events: its records cannot be waited for: epoll_create1: ENOMEM"],
    ["epoll_ctl", "events: its records cannot be waited for: epoll_ctl: ENOMEM"],
  ] as const) {
    test(`${name} fails: it is told, and nothing is left`, () => {
      const { kernel, machine, waiter } = stage();
      kernel.onOther(name, () => -ERRNO.ENOMEM);
      assert.throws(
        () => waiter.join(new Buffer(7)),
        (error: Error) => {
          assert.equal(error.name, "MapError");
          assert.ok(error.message.startsWith(message), error.message);
          return true;
        },
      );
      assert.deepEqual([machine.ledger.report(), kernel.watched.size], [[], 0]);
    });
  }
});
