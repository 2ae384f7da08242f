/** What attaching to a USDT probe asks of a kernel, old and new, and what it tells the program of the arguments. */

import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, test } from "node:test";
import { readObject } from "../../../object/read.ts";
import type { AttachOptions } from "../../engine.ts";
import { LinuxEngine } from "../engine.ts";
import { FakeKernel, fakeFacts } from "../fixtures/fake-kernel.ts";
import { elfFile, usdtNote } from "../symbols/fixtures/elf-file.ts";
import { ERRNO } from "../sys/system-error.ts";

const OBJECT = readObject(new Uint8Array(readFileSync(new URL("../../../../test/linux/fixtures/usdt.bpf.o", import.meta.url))), {
  name: "usdt",
});
const folder = mkdtempSync(join(tmpdir(), "skep-usdt-"));
after(() => rmSync(folder, { recursive: true }));

/** Loaded at 0x10000; everything was moved by 0x100 since the notes were written. */
const BASE = 0x10040;
const AT = (offset: number) => ({ address: 0x10000 + offset - 0x100, base: BASE - 0x100 });
const notes = [
  usdtNote("app", "work", "-4@%edi 8@-16(%rbp)", AT(0x50)),
  usdtNote("app", "work", "-4@%edi 8@-16(%rbp)", AT(0x60)),
  usdtNote("app", "work", "-4@%eax 8@$3", AT(0x70)),
  usdtNote("app", "waits", "", { ...AT(0x58), semaphore: 0x10048 - 0x100 }),
  usdtNote("app", "table", "8@(%rdi,%rax,8)", AT(0x58)),
  usdtNote("app", "far", "8@%xmm0", AT(0x58)),
];
const joined = new Uint8Array(Buffer.concat(notes));
const parts = [
  { name: ".note.stapsdt", type: 7, bytes: joined },
  { name: ".stapsdt.base", address: BASE, bytes: new Uint8Array(1) },
];
const fixed = join(folder, "fixed");
const movable = join(folder, "movable");
const plain = join(folder, "plain");
writeFileSync(fixed, elfFile(parts, { movable: false }));
writeFileSync(movable, elfFile(parts));
writeFileSync(plain, elfFile([]));

const PMU = "/sys/bus/event_source/devices/uprobe";
const files = {
  [`${PMU}/type`]: "7",
  [`${PMU}/format/retprobe`]: "config:0",
  [`${PMU}/format/ref_ctr_offset`]: "config:32-63",
  [`/proc/${process.pid}/maps`]: `7f0000001000-7f0000003000 r-xp 00000000 00:01 7 ${movable}`,
};

/** What was written into the maps that tell programs of arguments: by map, key and value. */
interface Told {
  readonly specs: Map<number, DataView>;
  readonly places: Map<bigint, number>;
}

async function attached(kernel: FakeKernel, program: string, options: AttachOptions, release = "6.18.0", files_ = files) {
  const told: Told = { specs: new Map(), places: new Map() };
  const names = new Map<number, string>();
  kernel.on("map_create", (call) => {
    const fd = 500 + names.size;
    names.set(fd, call.text("map_name"));
    kernel.descriptors.set(fd, "map_create");
    return fd;
  });
  const keyed = (call: Parameters<Parameters<FakeKernel["on"]>[1]>[0]) => {
    const key = call.memory("key") ?? new Uint8Array(8);
    return { name: names.get(call.u32("map_fd")) ?? "", view: new DataView(key.buffer, key.byteOffset, key.length) };
  };
  kernel.on("map_update_elem", (call) => {
    const { name, view } = keyed(call);
    const value = (call.memory("value") ?? new Uint8Array()).slice();
    const read = new DataView(value.buffer);
    if (name === "__bpf_usdt_spec") told.specs.set(view.getUint32(0, true), read);
    if (name === "__bpf_usdt_ip_t") told.places.set(view.getBigUint64(0, true), read.getUint32(0, true));
    return 0;
  });
  kernel.on("map_delete_elem", (call) => {
    const { name, view } = keyed(call);
    if (name === "__bpf_usdt_ip_t") told.places.delete(view.getBigUint64(0, true));
    return 0;
  });
  const engine = new LinuxEngine(kernel, fakeFacts(files_, release));
  const collection = await engine.load(OBJECT, { programs: [program] });
  const loaded = collection.programs[program];
  assert.ok(loaded);
  return { engine, told, loaded, attach: (more: AttachOptions = options) => loaded.attach(more) };
}

const words = (memory: Uint8Array | null | undefined) =>
  memory === null || memory === undefined ? null : [...new BigUint64Array(memory.slice().buffer)].map(Number);

/** An argument as the program finds it: value or offset, kind, register, signed, bits that are not its own. */
const argument = (spec: DataView | undefined, place: number) => {
  assert.ok(spec);
  const at = place * 16;
  return [
    spec.getBigInt64(at, true),
    spec.getUint32(at + 8, true),
    spec.getInt16(at + 12, true),
    spec.getUint8(at + 14),
    spec.getUint8(at + 15),
  ];
};

describe("a USDT probe", () => {
  test("is one link at all its places, whose cookies are the numbers of their descriptions", async () => {
    const kernel = new FakeKernel();
    const { attach, told, engine } = await attached(kernel, "on_plain", {
      event: `${fixed}:app:work`,
      cookie: 99,
      pid: process.pid,
    });
    assert.equal(kernel.callsOf("prog_load")[0]?.u32("expected_attach_type"), 48, "it is loaded for one link");
    const before = engine.descriptors.length;
    const link = await attach();
    const [call] = kernel.callsOf("link_create");
    assert.deepEqual(words(call?.memory("uprobe_multi.offsets")), [0x50, 0x60, 0x70]);
    assert.deepEqual(words(call?.memory("uprobe_multi.cookies")), [0, 0, 1]);
    assert.equal(call?.memory("uprobe_multi.ref_ctr_offsets"), null);
    assert.deepEqual(
      [call?.u32("uprobe_multi.cnt"), call?.u32("uprobe_multi.pid"), call?.u32("attach_type")],
      [3, process.pid, 48],
    );
    assert.equal(link.description, `usdt ${fixed}:app:work in process ${process.pid}`);
    const [first, second] = [told.specs.get(0), told.specs.get(1)];
    assert.deepEqual(
      [argument(first, 0), argument(first, 1)],
      [
        [0n, 1, 112, 1, 32],
        [-16n, 2, 32, 0, 0],
      ],
    );
    assert.deepEqual(
      [argument(second, 0), argument(second, 1)],
      [
        [0n, 1, 80, 1, 32],
        [3n, 0, 0, 0, 0],
      ],
    );
    assert.deepEqual(
      [first?.getBigUint64(192, true), first?.getInt16(200, true)],
      [99n, 2],
      "its cookie, and how many arguments",
    );
    await link.detach();
    assert.equal(engine.descriptors.length, before);
    // Descriptions are free again.
    await attach();
    assert.deepEqual([...told.specs.keys()], [0, 1]);
    await engine[Symbol.asyncDispose]();
  });

  test("with a semaphore: the kernel counts up where the program looks", async () => {
    const kernel = new FakeKernel();
    const { attach } = await attached(kernel, "on_counted", { event: `${fixed}:app:waits` });
    await attach();
    const [call] = kernel.callsOf("link_create");
    assert.deepEqual(words(call?.memory("uprobe_multi.ref_ctr_offsets")), [0x48]);
  });

  test("before Linux 6.6 is a perf event at each place", async () => {
    const kernel = new FakeKernel();
    const { attach, engine } = await attached(kernel, "on_counted", { event: `${fixed}:app:waits` }, "6.1.0");
    assert.equal(kernel.callsOf("prog_load")[0]?.u32("expected_attach_type"), 0);
    await attach();
    const [event] = kernel.others.filter(({ name }) => name === "perf_event_open");
    const view = new DataView(event?.memory.buffer ?? new ArrayBuffer(0));
    assert.deepEqual(
      [view.getUint32(0, true), view.getBigUint64(8, true), view.getBigUint64(64, true)],
      [7, 0x48n << 32n, 0x58n],
    );
    const { attach: work } = await attached(new FakeKernel(), "on_plain", { event: `${fixed}:app:work` }, "6.1.0");
    await work();
    assert.equal(engine.descriptors.filter((each) => each.includes("link of on_counted")).length, 1);
    assert.equal(kernel.callsOf("link_create")[0]?.u64("perf_event.bpf_cookie"), 0n);
  });

  test("before Linux 5.15, without cookies, descriptions are found by the instruction's address", async () => {
    const kernel = new FakeKernel().on("link_create", () => -ERRNO.EINVAL);
    const { attach, told } = await attached(
      kernel,
      "on_plain",
      { event: `${movable}:app:work`, pid: process.pid, cookie: 1 },
      "5.10.0",
    );
    const link = await attach();
    assert.deepEqual(
      [...told.places],
      [
        [0x7f00_0000_1050n, 0],
        [0x7f00_0000_1060n, 0],
        [0x7f00_0000_1070n, 1],
      ],
    );
    await link.detach();
    assert.equal(told.places.size, 0);
    await assert.rejects(attach({ event: `${movable}:app:work` }), {
      name: "FeatureError",
      message: /before Linux 5\.15 arguments of .*app:work can be read in one process only; name it \(pid\)/,
    });
    await attach({ event: `${fixed}:app:work` });
    assert.deepEqual([...told.places.keys()], [0x10050n, 0x10060n, 0x10070n]);
  });
});

describe("what is not there, or cannot be read", () => {
  for (const [event, message] of [
    [`${fixed}:app:wrok`, /has no probe app:wrok: did you mean app:work\?/],
    [`${fixed}:other:thing`, /has no probe other:thing: it has app:work, app:waits, app:table, app:far/],
    [`${plain}:app:work`, /plain was built without probes \(USDT\)/],
    ["app:work", /names no probe of a file: expected FILE:PROVIDER:NAME/],
    ["/no/such/file:app:work", /there is no file or library "\/no\/such\/file"/],
    [`${fixed}:app:table`, /an argument is found with two registers, .* build it with a newer one/],
    [`${fixed}:app:far`, /app:far argument 0 \(8@%xmm0\) is in no place that a program can read/],
  ] as const) {
    test(event.slice(event.lastIndexOf("/") + 1), async () => {
      const kernel = new FakeKernel();
      const { attach, engine } = await attached(kernel, "on_plain", { event });
      const before = engine.descriptors.length;
      await assert.rejects(attach(), { name: "AttachError", message });
      assert.equal(engine.descriptors.length, before, "nothing stays open");
    });
  }

  test("a semaphore before Linux 4.20", async () => {
    const { [`${PMU}/format/ref_ctr_offset`]: _, ...old } = files;
    const { attach } = await attached(
      new FakeKernel(),
      "on_counted",
      { event: `${fixed}:app:waits` },
      "4.19.0",
      old as typeof files,
    );
    await assert.rejects(attach(), { name: "FeatureError", message: /its probe has a semaphore, which needs Linux 4\.20/ });
  });
});
