import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { AttachOptions } from "../../engine.ts";
import { FakeKernel, fakeFacts, fakeMachine } from "../fixtures/fake-kernel.ts";
import { program } from "../fixtures/programs.ts";
import { ERRNO } from "../sys/system-error.ts";
import { attachXdp } from "./xdp.ts";

const NATIVE = 4;
const GENERIC = 2;

function attach(kernel: FakeKernel, options: Partial<AttachOptions> = {}, facts = fakeFacts()) {
  const machine = fakeMachine(kernel, facts);
  return attachXdp({
    kernel: machine,
    spec: program("firewall"),
    descriptor: machine.ledger.adopt(50, "program firewall"),
    options: { interface: "eth0", ...options },
    maps: new Map(),
  });
}

describe("attaching XDP", () => {
  test("a link from the program to the interface", async () => {
    const kernel = new FakeKernel().on("obj_get_info_by_fd", (call) => {
      new DataView(call.memory("info")!.buffer).setUint32(4, 77, true);
      return 0;
    });
    const link = attach(kernel);
    const [call] = kernel.callsOf("link_create");
    assert.deepEqual(
      ["prog_fd", "target_ifindex", "attach_type", "flags"].map((field) => call!.u32(field)),
      [50, 2, 37, NATIVE],
    );
    assert.equal(link.description, "xdp on eth0 (native)");
    assert.equal(link.id, 77);
    assert.equal(kernel.descriptors.size, 1);
    await link.detach();
    await link.detach();
    assert.equal(kernel.descriptors.size, 0, "detaching closes the link; that is all it takes");
  });

  test("in the network stack where the driver cannot, unless native was asked for", () => {
    const kernel = new FakeKernel().failing("link_create", "EOPNOTSUPP");
    assert.equal(attach(kernel).description, "xdp on eth0 (generic)");
    assert.deepEqual(
      kernel.callsOf("link_create").map((call) => call.u32("flags")),
      [NATIVE, GENERIC],
    );
    assert.throws(() => attach(new FakeKernel().failing("link_create", "EOPNOTSUPP"), { mode: "native" }), {
      name: "AttachError",
      message: 'attaching firewall to eth0: its driver has no XDP; use mode "generic"',
    });
    const generic = new FakeKernel();
    attach(generic, { mode: "generic" });
    assert.equal(generic.callsOf("link_create")[0]!.u32("flags"), GENERIC);
  });

  for (const { errno, facts, name, message } of [
    { errno: "EBUSY", name: "AttachError", message: /another XDP program is attached there/ },
    { errno: "EEXIST", name: "AttachError", message: /attached there in generic mode/ },
    { errno: "ERANGE", name: "AttachError", message: /MTU is too large/ },
    { errno: "EINVAL", name: "AttachError", message: /refuses it in native mode \(EINVAL\)/ },
    {
      errno: "EPERM",
      facts: fakeFacts({ "/proc/self/status": "CapEff:\t0" }),
      name: "PrivilegeError",
      message: /lacks CAP_BPF and CAP_NET_ADMIN/,
    },
    { errno: "ENODEV", name: "AttachError", message: /there is no network interface "eth0"/ },
    { errno: "ENOMEM", name: "AttachError", message: /ENOMEM/ },
  ] as const) {
    test(`${errno}: ${name}`, () => {
      const kernel = new FakeKernel().on("link_create", () => -ERRNO[errno]);
      assert.throws(() => attach(kernel, {}, facts), { name, message });
    });
  }

  test("an interface that went away in between", () => {
    const kernel = new FakeKernel().on("link_create", () => {
      delete kernel.interfaces["eth0"];
      return -ERRNO.EINVAL;
    });
    assert.throws(() => attach(kernel), { name: "AttachError", message: /there is no network interface "eth0"/ });
  });
});

describe("an interface that does not exist", () => {
  const message = (name: string, files?: Readonly<Record<string, string>>) => {
    try {
      attach(new FakeKernel(), { interface: name }, fakeFacts(files));
    } catch (error) {
      return (error as Error).message;
    }
    return "attached";
  };

  test("the one that was meant, and all that there are", () => {
    assert.equal(message("eht0"), 'there is no network interface "eht0": did you mean eth0? (there are eth0, lo)');
    assert.equal(message("wlan0"), 'there is no network interface "wlan0": there are eth0, lo');
    assert.equal(message(""), 'there is no network interface "": there are eth0, lo');
  });

  test("names that are no names", () => {
    assert.match(message("../eth0"), /"\.\.\/eth0"/);
    assert.match(message("eth0\n"), /"eth0\\n"/);
  });
});
