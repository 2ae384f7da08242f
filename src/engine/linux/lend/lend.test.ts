/** What is said between a lender and a borrower, and what each makes of an other side that does not keep to it. Without sockets or privileges. */

import assert from "node:assert/strict";
import {
  chmodSync,
  closeSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, it } from "node:test";
import fc from "fast-check";
import { BtfBuilder } from "../../../btf/builder.ts";
import type { MapSpec, Spec } from "../../../object/spec.ts";
import { writeObject } from "../../../object/write/write.ts";
import { MAP_TYPE } from "../../../uapi/map-types.ts";
import { LendError } from "../../errors.ts";
import { FakeKernel, fakeFacts, fakeMachine } from "../fixtures/fake-kernel.ts";
import { telling } from "../fixtures/fake-objects.ts";
import { shape } from "../fixtures/maps.ts";
import { program } from "../fixtures/programs.ts";
import { LinuxStructOps } from "../maps/struct-ops.ts";
import { MAP_INFO } from "../objects/info-layouts.ts";
import { ERRNO } from "../sys/system-error.ts";
import type { Peer, Received, UnixSockets } from "../sys/unix-socket.ts";
import { borrowFrom } from "./borrow.ts";
import { Lender } from "./lender.ts";
import { type Lent, LONGEST_PACKET, MOST_LENT, packetsOf, readPacket, refusal } from "./packets.ts";

const folder = realpathSync(mkdtempSync(join(tmpdir(), "skep-lend-")));
after(() => rmSync(folder, { recursive: true }));

const OBJECT: Lent = { kind: "object", name: "mine" };
const MAP: Lent = { kind: "map", name: "counts" };
const LINK: Lent = { kind: "link", name: "xdp on lo", description: "xdp on lo", fixed: false };

describe("packets", () => {
  it("carry what was put in, with a descriptor each", () => {
    const [packet, ...more] = packetsOf([OBJECT, MAP, LINK].map((lent, index) => ({ lent, fd: 10 + index })));
    assert.ok(packet !== undefined);
    assert.deepEqual(more, []);
    assert.deepEqual(packet.fds, [10, 11, 12]);
    assert.deepEqual(readPacket(packet.bytes, 3), { lent: [OBJECT, MAP, LINK], end: true });
  });

  it("are as many as it takes, none too long, the last one marked", () => {
    const things = Array.from({ length: 700 }, (_, index) => ({
      lent: { ...MAP, name: `map_${index}_${"x".repeat(900)}` } as Lent,
      fd: index,
    }));
    const packets = packetsOf(things);
    const read = packets.map(({ bytes, fds }) => {
      assert.ok(bytes.length <= LONGEST_PACKET && fds.length <= 253);
      return readPacket(bytes, fds.length);
    });
    assert.deepEqual(
      read.flatMap(({ lent }) => lent.map(({ name }) => name)),
      things.map(({ lent }) => lent.name),
    );
    assert.deepEqual(
      packets.flatMap(({ fds }) => fds),
      things.map(({ fd }) => fd),
    );
    assert.deepEqual(
      read.map(({ end }) => end),
      [...Array.from({ length: read.length - 1 }, () => false), true],
    );
  });

  it("cannot be more than a borrower takes", () => {
    assert.throws(() => packetsOf(Array.from({ length: MOST_LENT + 1 }, () => ({ lent: MAP, fd: 1 }))), LendError);
  });

  for (const [what, text, descriptors, message] of [
    ["no JSON", "lent", 0, /no packet/],
    ["something else", "[1]", 0, /no packet/],
    ["another version", '{"skep":2,"lent":[],"end":true}', 0, /version 2/],
    ["no list", '{"skep":1,"lent":{},"end":true}', 0, /no packet/],
    ["no end", '{"skep":1,"lent":[]}', 0, /no packet/],
    ["a descriptor too few", '{"skep":1,"lent":[{"kind":"map","name":"a"}],"end":true}', 0, /expected 1 descriptors.*found 0/],
    ["a descriptor too many", '{"skep":1,"lent":[],"end":true}', 1, /expected 0 descriptors.*found 1/],
    ["a thing of no kind", '{"skep":1,"lent":[{"kind":"socket","name":"a"}],"end":true}', 1, /found "socket"/],
    ["a nameless one", '{"skep":1,"lent":[{"kind":"map"}],"end":true}', 1, /name/],
    ["too long a name", `{"skep":1,"lent":[{"kind":"map","name":"${"x".repeat(2000)}"}],"end":true}`, 1, /name/],
    ["a link without a place", '{"skep":1,"lent":[{"kind":"link","name":"a"}],"end":true}', 1, /found "link"/],
    [
      "a record of a type below none",
      '{"skep":1,"lent":[{"kind":"map","name":"a","record":{"type":-1,"name":"E"}}],"end":true}',
      1,
      /records/,
    ],
  ] as const) {
    it(`with ${what} are refused`, () => {
      assert.throws(
        () => readPacket(new TextEncoder().encode(text), descriptors),
        (error) => error instanceof LendError && message.test(error.message),
      );
    });
  }

  it("that say no are an error with what they say", () => {
    assert.throws(() => readPacket(refusal("not for you"), 0), { name: "LendError", message: "not for you" });
  });

  it("of whatever bytes are a packet or an error of this kind", () => {
    const read = (bytes: Uint8Array) => {
      try {
        readPacket(bytes, 1);
      } catch (error) {
        assert.ok(error instanceof LendError, String(error));
      }
    };
    fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), read), { numRuns: 500 });
    const json = fc.json().map((text) => new TextEncoder().encode(`{"skep":1,"lent":[${text}],"end":true}`));
    fc.assert(fc.property(json, read), { numRuns: 500 });
  });
});

const SPEC: Spec = {
  name: "mine",
  license: "GPL",
  types: null,
  maps: [{ name: "counts", type: "hash", keySize: 4, valueSize: 8, maxEntries: 16, flags: 0, keyType: 0, valueType: 0 }],
  programs: [],
};

/** Sockets whose other side is the test's. */
class FakeSockets implements UnixSockets {
  who: Peer | number = { pid: 7, uid: process.getuid?.() ?? 0, gid: 0 };
  connecting: number[] = [];
  readonly sent: { readonly fd: number; readonly bytes: Uint8Array; readonly fds: readonly number[] }[] = [];
  readonly arriving: (Received | number)[] = [];
  readonly bytes: Uint8Array[] = [];
  refuses = 0;
  listen(): number {
    return 50;
  }
  accept(): number {
    return this.connecting.shift() ?? -ERRNO.EAGAIN;
  }
  connect(): number {
    return this.refuses < 0 ? this.refuses : 60;
  }
  peer(): Peer | number {
    return this.who;
  }
  send(fd: number, bytes: Uint8Array, fds: readonly number[]): number {
    this.sent.push({ fd, bytes: bytes.slice(), fds });
    return bytes.length;
  }
  receive(_fd: number, memory: Uint8Array): Received | number {
    const next = this.arriving.shift() ?? -ERRNO.EAGAIN;
    if (typeof next !== "number") memory.set(this.bytes.shift() ?? new Uint8Array(0));
    return next;
  }
  sealed(): number {
    return 70;
  }
  giveTo(): number {
    return 0;
  }
  /** A packet on its way. */
  arrive(bytes: Uint8Array, descriptors: readonly number[], truncated = false): void {
    this.bytes.push(bytes);
    this.arriving.push({ length: bytes.length, descriptors, truncated });
  }
}

/** A kernel whose `watch` is ready at once. */
class ReadyKernel extends FakeKernel {
  override watch(fd: number, ready: () => void) {
    queueMicrotask(ready);
    return super.watch(fd, ready);
  }
}

describe("a lender", () => {
  function lending(sockets: FakeSockets, user: number) {
    const transport = new ReadyKernel();
    const kernel = fakeMachine(transport, fakeFacts());
    const borrowed: number[] = [];
    const lender = new Lender(
      kernel,
      sockets,
      [
        { lent: OBJECT, fd: 8 },
        { lent: MAP, fd: 9 },
      ],
      {
        path: join(folder, "a.sock"),
        user,
        onBorrowed: (pid) => borrowed.push(pid),
      },
    );
    return { lender, kernel, transport, borrowed };
  }

  it("gives everything to each of that user who asks, and closes the connection", async () => {
    const sockets = new FakeSockets();
    sockets.who = { pid: 7, uid: 1000, gid: 1000 };
    sockets.connecting = [61, 62];
    const { lender, kernel, borrowed } = lending(sockets, 1000);
    await Promise.resolve();
    assert.deepEqual(
      sockets.sent.map(({ fd, fds }) => [fd, fds]),
      [
        [61, [8, 9]],
        [62, [8, 9]],
      ],
    );
    assert.deepEqual(borrowed, [7, 7]);
    assert.deepEqual(kernel.ledger.report(), [`50: socket ${join(folder, "a.sock")}`]);
    lender[Symbol.dispose]();
    assert.deepEqual(kernel.ledger.report(), []);
  });

  it("to root, too, and to nobody else", async () => {
    for (const [uid, given] of [
      [0, true],
      [1001, false],
    ] as const) {
      const sockets = new FakeSockets();
      sockets.who = { pid: 7, uid, gid: uid };
      sockets.connecting = [61];
      const { lender, borrowed } = lending(sockets, 1000);
      await Promise.resolve();
      assert.equal(borrowed.length, given ? 1 : 0);
      if (!given) {
        assert.deepEqual(
          sockets.sent.map(({ fds }) => fds),
          [[]],
          "no descriptor leaves",
        );
        assert.throws(
          () => readPacket(sockets.sent[0]?.bytes ?? new Uint8Array(0), 0),
          /for user 1000, this process is user 1001/,
        );
      }
      lender[Symbol.dispose]();
    }
  });

  it("and to nobody whom the kernel does not name", async () => {
    const sockets = new FakeSockets();
    sockets.who = -ERRNO.EINVAL;
    sockets.connecting = [61];
    const { lender } = lending(sockets, 1000);
    await Promise.resolve();
    assert.deepEqual(sockets.sent, []);
    lender[Symbol.dispose]();
  });

  it("not in a folder, or below one, that others may change, whatever leads there", () => {
    const shared = join(folder, "shared");
    mkdirSync(join(shared, "inner"), { recursive: true });
    chmodSync(shared, 0o777);
    symlinkSync(join(shared, "inner"), join(folder, "link"));
    for (const place of [
      join(shared, "a.sock"),
      join(shared, "inner/a.sock"),
      join(folder, "link/a.sock"),
      join(folder, "none/a.sock"),
    ]) {
      const kernel = fakeMachine(new ReadyKernel(), fakeFacts());
      assert.throws(
        () => new Lender(kernel, new FakeSockets(), [{ lent: OBJECT, fd: 8 }], { path: place, user: 1000 }),
        (error) => error instanceof LendError && /others may change the folder|there is no folder/.test(error.message),
        place,
      );
      assert.deepEqual(kernel.ledger.report(), []);
    }
  });

  it("takes its socket away at the end", () => {
    const { lender, transport } = lending(new FakeSockets(), 1000);
    lender[Symbol.dispose]();
    assert.deepEqual(
      transport.others.filter(({ name }) => name === "unlink").map(({ text }) => text),
      [join(folder, "a.sock")],
    );
  });
});

describe("a borrower", () => {
  const object = join(folder, "mine.bpf.o");
  writeFileSync(object, writeObject(SPEC));

  it("has interfaces of the kernel, whose maps hold more than the object says, with what implements them", async () => {
    const kernel = new BtfBuilder();
    const local = new BtfBuilder();
    const [driver] = [local, kernel].map((types) => {
      const call = types.pointer(types.prototype(types.int("int", 4, { signed: true }), []));
      const struct = types.struct("driver", 8, [{ name: "start", type: call, bitOffset: 0 }]);
      if (types === kernel) types.struct("bpf_struct_ops_driver", 64, [{ name: "data", type: struct, bitOffset: 256 }]);
      return struct;
    });
    const map: MapSpec = {
      ...shape({ name: "mine", type: "struct_ops", valueSize: 8, maxEntries: 1, valueType: driver ?? 0 }),
      structOps: {
        type: driver ?? 0,
        typeName: "driver",
        link: false,
        functions: [{ member: "start", offset: 0, program: "begins" }],
      },
      contents: { kind: "bytes", bytes: new Uint8Array(8) },
    };
    const spec: Spec = { ...SPEC, types: local.encode(), maps: [map], programs: [program("begins", "struct_ops")] };
    const file = join(folder, "driver.bpf.o");
    writeFileSync(file, writeObject(spec));
    const fd = openSync(file, "r");
    const sockets = new FakeSockets();
    const lent: readonly Lent[] = [OBJECT, { kind: "map", name: "mine" }, { kind: "program", name: "begins" }];
    sockets.arrive(packetsOf(lent.map((one) => ({ lent: one, fd: 0 })))[0]?.bytes ?? new Uint8Array(0), [fd, 901, 902]);
    const info = telling(MAP_INFO, { u32: { type: MAP_TYPE.struct_ops, id: 5, key_size: 4, value_size: 64, max_entries: 1 } });
    const written: (Uint8Array | null)[] = [];
    const transport = new ReadyKernel().on("obj_get_info_by_fd", info).on("map_update_elem", (call) => {
      written.push(call.memory("value"));
      return 0;
    });
    const vmlinux = kernel.encode();
    const facts = { ...fakeFacts(), bytes: (path: string) => (path.endsWith("/vmlinux") ? vmlinux : null) };
    const { collection } = await borrowFrom(fakeMachine(transport, facts), sockets, "/run/a.sock");
    const mine = collection.maps["mine"];
    assert.ok(mine instanceof LinuxStructOps);
    await mine.attach();
    assert.deepEqual(
      written.map((value) => value?.length),
      [64],
    );
    assert.equal(new DataView(written[0]?.buffer ?? new ArrayBuffer(64)).getUint32(32, true), 902, "the borrowed program");
    closeSync(fd);
  });

  /** Borrows what arrives; the kernel says that every map is as the Spec has it, unless told otherwise. */
  async function borrow(sockets: FakeSockets, valueSize = 8) {
    const info = telling(MAP_INFO, { u32: { type: 1, id: 5, key_size: 4, value_size: valueSize, max_entries: 16 } });
    const transport = new ReadyKernel().on("obj_get_info_by_fd", info);
    const kernel = fakeMachine(transport, fakeFacts());
    const fds: number[] = [];
    for (const packet of sockets.arriving) if (typeof packet !== "number") fds.push(...packet.descriptors);
    for (const fd of fds) transport.descriptors.set(fd, "map_create");
    try {
      return { borrowed: await borrowFrom(kernel, sockets, "/run/a.sock"), kernel, transport };
    } catch (error) {
      assert.deepEqual(kernel.ledger.report(), [], "nothing that came is kept");
      for (const fd of fds) assert.equal(transport.descriptors.has(fd), false, `${fd} is closed`);
      throw error;
    }
  }

  function arriving(...lent: readonly Lent[]): { sockets: FakeSockets; fd: number } {
    const sockets = new FakeSockets();
    const fd = openSync(object, "r");
    const fds = lent.map(({ kind }, index) => (kind === "object" ? fd : 900 + index));
    const [packet] = packetsOf(lent.map((one, index) => ({ lent: one, fd: fds[index] ?? -1 })));
    sockets.arrive(packet?.bytes ?? new Uint8Array(0), fds);
    return { sockets, fd };
  }

  it("has maps and links of what came", async () => {
    const { sockets, fd } = arriving(OBJECT, MAP, LINK);
    const { borrowed, kernel } = await borrow(sockets);
    assert.deepEqual(Object.keys(borrowed.collection.maps), ["counts"]);
    assert.deepEqual(
      borrowed.links.map(({ description, fd }) => [description, fd]),
      [["xdp on lo", 902]],
    );
    assert.deepEqual(kernel.ledger.report(), [
      "901: map counts, borrowed from /run/a.sock",
      "902: link xdp on lo, borrowed from /run/a.sock",
    ]);
    closeSync(fd);
  });

  for (const [what, prepare, message] of [
    [
      "nobody lends there",
      (s: FakeSockets) => {
        s.refuses = -ERRNO.ECONNREFUSED;
      },
      /nobody lends there/,
    ],
    [
      "the socket is another user's",
      (s: FakeSockets) => {
        s.refuses = -ERRNO.EACCES;
      },
      /for another user/,
    ],
    [
      "a stranger lends",
      (s: FakeSockets) => {
        s.who = { pid: 1, uid: 4242, gid: 1 };
      },
      /user 4242 lends there/,
    ],
    [
      "nobody knows who lends",
      (s: FakeSockets) => {
        s.who = -ERRNO.EINVAL;
      },
      /lends there/,
    ],
    [
      "it goes away",
      (s: FakeSockets) => {
        s.arriving.length = 0;
        s.arriving.push({ length: 0, descriptors: [], truncated: false });
      },
      /went away/,
    ],
    [
      "a packet is too long",
      (s: FakeSockets) => {
        s.arriving.length = 0;
        s.arrive(new TextEncoder().encode("{}"), [903], true);
      },
      /longer than/,
    ],
    [
      "no packet comes",
      (s: FakeSockets) => {
        s.arriving.length = 0;
        s.arriving.push(-ERRNO.EBADF);
      },
      /EBADF/,
    ],
  ] as const) {
    it(`closes everything and says so when ${what}`, async () => {
      const { sockets, fd } = arriving(OBJECT, MAP);
      prepare(sockets);
      // What is not received is not the borrower's to close.
      const kept = sockets.refuses < 0 || typeof sockets.who === "number" || sockets.who.uid === 4242;
      if (kept) sockets.arriving.length = 0;
      await assert.rejects(borrow(sockets), { name: "LendError", message });
      closeSync(fd);
    });
  }

  for (const [what, lent, message, valueSize] of [
    ["there is no object", [MAP], /no object/, 8],
    ["a map is lent that the object does not have", [OBJECT, { kind: "map", name: "other" }], /map other/, 8],
    ["a program is lent that the object does not have", [OBJECT, { kind: "program", name: "other" }], /program other/, 8],
    // The kernel would write 4096 bytes where 8 are expected.
    ["a map is larger than the object says", [OBJECT, MAP], /another shape/, 4096],
  ] as const) {
    it(`closes everything and says so when ${what}`, async () => {
      const { sockets, fd } = arriving(...lent);
      await assert.rejects(borrow(sockets, valueSize), { name: "LendError", message });
      closeSync(fd);
    });
  }
});
