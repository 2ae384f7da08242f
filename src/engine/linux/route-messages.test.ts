import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { FakeKernel } from "./fixtures/fake-kernel.ts";
import { dropQdisc } from "./links/tc-filter.ts";
import { askRoute, attribute, attributesOf, listRoute, nested, number, numberOf, text } from "./route-messages.ts";
import { IFINFOMSG, RTM } from "./route-numbers.ts";
import { openNative } from "./sys/native.ts";
import { ERRNO } from "./sys/system-error.ts";

function message(type: number, payload: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(16 + payload.length);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, bytes.length, true);
  view.setUint16(4, type, true);
  bytes.set(payload, 16);
  return bytes;
}

/** Fills in as many as there is room for, as the native transport does: all of them, or none. */
function answering(...messages: readonly Uint8Array[]): FakeKernel {
  const all = Uint8Array.from(messages.flatMap((each) => [...each]));
  return new FakeKernel().onOther("netlink", (_, answer) => {
    if (all.length > answer.length) return -ERRNO.ENOSPC;
    answer.set(all);
    return all.length;
  });
}

const DONE = message(3, number(0));
const error = (errno: number) => message(2, number(-errno));

describe("routing messages", () => {
  test("attributes, and those in them", () => {
    const bytes = nested(12, attribute(1, text("bpf")), attribute(2, number(7)), attribute(3, Uint8Array.of(9)));
    const [[type, inside] = []] = attributesOf(bytes);
    assert.equal(type, 12);
    const attributes = attributesOf(inside ?? new Uint8Array(0));
    assert.deepEqual([...(attributes.get(1) ?? [])], [98, 112, 102, 0]);
    assert.deepEqual(
      [2, 3, 4].map((each) => numberOf(attributes.get(each))),
      [7, 9, 0],
    );
  });

  test("what the kernel refuses is its error, what it sent before is there", () => {
    const { error: refused, messages } = askRoute(
      answering(message(RTM.newtfilter, number(5)), error(ERRNO.EEXIST)),
      RTM.newtfilter,
      0,
      [],
    );
    assert.equal(refused, -ERRNO.EEXIST);
    assert.deepEqual(messages, [{ type: RTM.newtfilter, payload: number(5) }]);
  });

  test("a list that is longer than there was room for is asked for again", () => {
    const kernel = answering(
      ...Array.from({ length: 40 }, (_, at) => message(RTM.newlink, new Uint8Array(10_000).fill(at))),
      DONE,
    );
    const { error: none, messages } = listRoute(kernel, RTM.getlink, [new Uint8Array(IFINFOMSG)]);
    assert.equal(none, 0);
    assert.deepEqual(
      messages.map(({ payload }) => payload[9999]),
      Array.from({ length: 40 }, (_, at) => at),
    );
    assert.ok(kernel.others.length > 1);
  });

  test("whoever asks for something to be done asks once", () => {
    const kernel = answering(message(RTM.newtfilter, new Uint8Array(1 << 17)), error(0));
    assert.equal(askRoute(kernel, RTM.newtfilter, 0, []).error, -ERRNO.ENOSPC);
    assert.equal(kernel.others.length, 1);
  });

  test("where it is not known what hangs on a discipline, it stays", () => {
    for (const kernel of [
      answering(error(ERRNO.EPERM)),
      answering(...Array.from({ length: 20 }, () => message(RTM.newtfilter, new Uint8Array(10_000))), DONE),
    ]) {
      assert.equal(dropQdisc(kernel, 2), false);
      const types = kernel.others.map(({ memory }) => new DataView(memory.buffer).getUint16(4, true));
      assert.ok(!types.includes(RTM.delqdisc));
    }
  });

  test("this kernel's answers are whole, or said to be longer than the room", {
    skip: process.platform === "linux" ? false : "needs Linux",
  }, async () => {
    const transport = await openNative();
    const { error: none, messages } = listRoute(transport, RTM.getlink, [new Uint8Array(IFINFOMSG)]);
    assert.equal(none, 0);
    assert.ok(messages.every(({ type, payload }) => type === RTM.newlink && payload.length > IFINFOMSG));
    const request = message(RTM.getlink, new Uint8Array(IFINFOMSG));
    new DataView(request.buffer).setUint16(6, 0x301, true);
    for (const room of [0, 20, 100, 1000]) assert.equal(transport.netlink(request, new Uint8Array(room)), -ERRNO.ENOSPC);
  });
});
